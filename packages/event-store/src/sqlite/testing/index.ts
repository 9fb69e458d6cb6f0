export { type LogInThisThread, openLogInThisThread } from './log-in-this-thread.ts';
