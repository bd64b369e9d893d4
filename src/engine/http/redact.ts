const MESSAGE_CHARACTERS_MAX = 200;

/** A URL as people and logs may see it: no user info, no query, no fragment. All three can hold secrets. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** What a server says of an error. */
export interface ServerError {
  /** Such as `SlowDown`. */
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly requestId: string | undefined;
  /** Of S3's `AuthorizationHeaderMalformed` and redirects. */
  readonly region: string | undefined;
}

/**
 * The parts of an error's body that may be shown. S3 and Azure send XML; of anything else nothing is taken, since some
 * servers echo the signature and what was signed.
 */
export function serverError(body: string, requestIdHeader: string | undefined): ServerError {
  const element = (name: string) => {
    const found = new RegExp(`<${name}>([^<]{0,2000})</${name}>`).exec(body)?.[1];
    return found === undefined ? undefined : shortened(decodeXml(found));
  };
  const isXml = /^\s*(?:﻿)?<(\?xml|Error)/.test(body);
  return {
    code: isXml ? element('Code') : undefined,
    message: isXml ? element('Message') : undefined,
    requestId: requestIdHeader ?? (isXml ? element('RequestId') : undefined),
    region: isXml ? element('Region') : undefined,
  };
}

/** The text of an XML element. */
export function decodeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined)
      return { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }[String(name).toLowerCase()] ?? whole;
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

/** Short, on one line, and without what follows a question mark of a URL. */
function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').replace(/\?\S*/g, '').trim();
  return line.length > MESSAGE_CHARACTERS_MAX ? `${line.slice(0, MESSAGE_CHARACTERS_MAX - 1)}…` : line;
}
