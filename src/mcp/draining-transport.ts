/**
 * Standard input and output as a transport that can end without losing a request: it stops reading, and knows which requests it has handed
 * on and not yet seen an answer to.
 */
import type { Readable, Writable } from 'node:stream';
import {
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type Transport,
} from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';

export class DrainingTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  readonly #input: Readable;
  readonly #inner: StdioServerTransport;
  readonly #unanswered = new Set<unknown>();
  #onAnswered: (() => void) | undefined;

  constructor(input: Readable, output: Writable) {
    this.#input = input;
    this.#inner = new StdioServerTransport(input, output);
  }

  async start(): Promise<void> {
    this.#inner.onmessage = (message) => {
      if (isJSONRPCRequest(message)) this.#unanswered.add(message.id);
      // A request that has been taken back is not answered.
      if (isJSONRPCNotification(message) && message.method === 'notifications/cancelled')
        this.#answered(message.params?.requestId);
      this.onmessage?.(message);
    };
    this.#inner.onclose = () => {
      this.#unanswered.clear();
      this.#onAnswered?.();
      this.onclose?.();
    };
    this.#inner.onerror = (error) => this.onerror?.(error);
    await this.#inner.start();
  }

  async send(message: JSONRPCMessage): Promise<void> {
    try {
      await this.#inner.send(message);
    } finally {
      if (isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message)) this.#answered(message.id);
    }
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  /** Reads no more, and resolves once every request that was read has been answered, or after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    this.#input.pause();
    if (this.#unanswered.size === 0) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, graceMs);
      this.#onAnswered = () => {
        if (this.#unanswered.size > 0) return;
        clearTimeout(late);
        resolve();
      };
    });
  }

  #answered(id: unknown): void {
    this.#unanswered.delete(id);
    this.#onAnswered?.();
  }
}
