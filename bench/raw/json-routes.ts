// What HTTP itself costs: a bare Fastify that takes JSON and answers 202, and gives the bytes of a file back.
// Run: node json-routes.ts [FILE]   It prints its address as JSON and serves until its input ends.
import { readFileSync } from 'node:fs';
import Fastify from 'fastify';

const [file] = process.argv.slice(2);
const document = file === undefined ? '{}' : readFileSync(file, 'utf8');

const server = Fastify();
let taken = 0;
server.post('/v1/purchases', (request, reply) => {
  const { orderId } = request.body as { readonly orderId: string };
  taken++;
  reply.code(202).send({ id: orderId, customerId: null, position: String(taken) });
});
server.get('/v1/customers/:id', (_request, reply) => {
  reply.type('application/json; charset=utf-8').send(document);
});
server.get('/v1/customers', (_request, reply) => {
  reply.type('application/json; charset=utf-8').send(document);
});
const url = await server.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${JSON.stringify({ url })}\n`);
process.stdin.resume().on('end', () => process.exit(0));
