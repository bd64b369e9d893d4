import type { RetryOptions, Timeouts } from '../engine/http/http-options.js';

/** Keys of an account, as AWS and everyone who speaks S3 use them. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When they expire, in milliseconds since 1970; undefined: never. */
  readonly expiresMs?: number | undefined;
  /** Where they come from, for messages: `the environment`. */
  readonly source?: string | undefined;
}

/** What lets requests in: a key of the account, a shared access signature, or a token; none of them: public data. */
export interface AzureCredentials {
  /** Base64. */
  readonly accountKey?: string | undefined;
  /** The query of a shared access signature, without its question mark. */
  readonly sas?: string | undefined;
  /** An OAuth token, asked for before each request. */
  readonly token?: (() => Promise<string>) | undefined;
}

/** How stores of other machines are read. All of it is optional. */
export interface RemoteOptions {
  /** Send no credentials, and look for none. @default false */
  readonly anonymous?: boolean | undefined;
  /** A profile of the AWS configuration files. */
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
  /** Another server that speaks the service's dialect. */
  readonly endpoint?: string | undefined;
  readonly pathStyle?: boolean | undefined;
  readonly requesterPays?: boolean | undefined;
  /** Added to every request, of `http:` and `https:` only. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Requests in flight at most; `auto` finds out how many the server takes, up to 256. @default 'auto' */
  readonly connections?: number | 'auto' | undefined;
  /** Bytes a second at most. */
  readonly bytesPerSecondMax?: number | undefined;
  readonly retry?: RetryOptions | undefined;
  readonly timeouts?: Timeouts | undefined;
  /** A file of certificates, in PEM, of authorities of one's own. */
  readonly ca?: string | undefined;
  readonly proxy?: string | undefined;
  /** How the reads of one call are held to one version of an object. @default 'etag' */
  readonly pin?: 'etag' | 'compare' | 'off' | undefined;
  /** Statuses that mean that there is no such object, besides 404. */
  readonly absent?: readonly number[] | undefined;
  /** Keys for S3 from anywhere: any SDK's provider fits. */
  readonly credentials?: (() => Promise<S3Credentials | undefined>) | undefined;
  /** A key, a shared access signature or a token for Azure, a token for Google. */
  readonly azure?: AzureCredentials | undefined;
  readonly token?: (() => Promise<string>) | undefined;
  /** Send credentials without encryption, too, to another machine than this one. @default false */
  readonly allowHttp?: boolean | undefined;
}
