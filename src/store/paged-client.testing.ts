import type { HttpClient } from '../engine/http/client.js';
import type { HttpRequest } from '../engine/http/message.js';

/** A client that gives one page after the other, and the addresses that it was asked for. */
export function pagedClient(pages: readonly { status?: number; body: string }[]) {
  const asked: string[] = [];
  const text = async (_: unknown, { url }: HttpRequest) => {
    const { status = 200, body } = pages[asked.push(url.href) - 1]!;
    return { head: { status }, body: Buffer.from(body) };
  };
  return { client: { text } as unknown as HttpClient, asked };
}
