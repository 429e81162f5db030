import { connect, type Socket } from 'node:net';

/** A connection that a client speaks on byte by byte, as no HTTP library would. */
export interface Wire {
  send(text: string): void;
  /** All that came back, once the server has closed the connection. */
  readonly ended: Promise<string>;
  readonly socket: Socket;
}

export async function wire(url: string): Promise<Wire> {
  const { port, hostname } = new URL(url);
  let answer = '';
  const socket = connect(Number(port), hostname);
  socket.on('data', (data) => {
    answer += data.toString();
  });
  // Whoever is cut off may be told so in the middle of a word.
  socket.on('error', () => undefined);
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(answer)));
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return { send: (text) => socket.write(text), ended, socket };
}

/** Sends one text and gives all that came back until the server closed. */
export async function exchange(url: string, text: string): Promise<string> {
  const { send, ended } = await wire(url);
  send(text);
  return await ended;
}
