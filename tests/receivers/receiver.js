// A receiver as programs in Node have it: it compares signatures, remembers events, and answers at once.
const crypto = require('node:crypto');
const http = require('node:http');

const secret = process.env.CLIENT_SECRET;
const known = new Set();

function isSigned(event, signature) {
  const expected = crypto.createHmac('sha256', secret).update(`${event.eventCreated}.${event.eventId}`).digest();
  const shown = Buffer.from(signature ?? '', 'base64');
  return shown.length === expected.length && crypto.timingSafeEqual(shown, expected);
}

const server = http.createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  const event = JSON.parse(body);
  if (!isSigned(event, request.headers['x-ecwid-webhook-signature'])) {
    response.writeHead(403).end('bad signature');
    return;
  }
  const isNew = !known.has(event.eventId);
  known.add(event.eventId);
  response.writeHead(200).end(isNew ? 'new' : 'known');
});

server.listen(Number(process.argv[2]), '127.0.0.1');
