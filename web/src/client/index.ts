/** Wasmiko: an SSH client for web pages. */
export { SSHClient } from "./client.ts";
export { connect } from "./connect.ts";
export type { ErrorCode } from "./errors.ts";
export { AuthError, ExecError, HostKeyError, SFTPError, SSHError, TimeoutError } from "./errors.ts";
export type * from "./filetypes.ts";
export { JumpClient } from "./jump.ts";
export { preload } from "./runtime.ts";
export type * from "./types.ts";
