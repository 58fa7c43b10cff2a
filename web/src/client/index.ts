/** Wasmiko: an SSH client for web pages. */
export { SSHClient } from "./client.ts";
export { connect } from "./connect.ts";
export type { ErrorCode } from "./errors.ts";
export { AuthError, ExecError, HostKeyError, SSHError, TimeoutError } from "./errors.ts";
export { preload } from "./runtime.ts";
export type * from "./types.ts";
