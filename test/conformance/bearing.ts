/** A forwarder on loopback for a client that cannot bring a token: adds one, and passes everything else on as it came, Host and Origin included. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

export interface Bearing {
  readonly url: string;
  close(): Promise<void>;
}

export async function bearing(target: string, token: string): Promise<Bearing> {
  const { hostname, port } = new URL(target);
  const server = createServer((incoming, answer) => {
    const onward = request(
      {
        hostname,
        port,
        method: incoming.method,
        path: incoming.url,
        headers: { ...incoming.headers, authorization: `Bearer ${token}` },
      },
      (response) => {
        answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
        pipeline(response, answer, () => undefined);
      },
    );
    onward.on('error', () => answer.destroy());
    // A client that hangs up is seen to hang up.
    answer.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
