export { serveForTest, type TestAnswer, type TestServer, type TestServerOptions } from './serve-for-test.ts';
