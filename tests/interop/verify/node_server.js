// node node_server.js PORT: /timer sleeps for ?s= seconds, /spin computes for so long.
const http = require('node:http');

http.createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  const ms = 1000 * Number(url.searchParams.get('s') ?? 0.5);
  const answer = (text) => response.setHeader('Content-Type', 'text/plain').end(text + '\n');
  if (url.pathname === '/ping') return answer('pong');
  if (url.pathname === '/timer') return setTimeout(() => answer('slept'), ms);
  // Of the processor's time, not the clock's: the same work on a busy machine.
  const from = process.cpuUsage();
  const spent = () => { const { user, system } = process.cpuUsage(from); return (user + system) / 1000; };
  while (spent() < ms);
  return answer('slept');
}).listen(Number(process.argv[2]), '127.0.0.1', 511);
