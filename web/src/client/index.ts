/** Wasmiko: an SSH client for web pages. */
export {
	type Agent,
	type AgentKey,
	type HeldKey,
	type HoldOptions,
	KeyAgent,
	type KeyUse,
	type SignRequest,
} from "./agent.ts";
export { SSHClient } from "./client.ts";
export { connect } from "./connect.ts";
export { type Conversation, converse, type Expected, type Pattern } from "./converse.ts";
export type { ErrorCode } from "./errors.ts";
export { AlgorithmError, AuthError, ExecError, HostKeyError, SFTPError, SSHError, TimeoutError } from "./errors.ts";
export { Board, readSSHConfig, type SSHConfig } from "./extra.ts";
export type * from "./filetypes.ts";
export { JumpClient } from "./jump.ts";
export { importKey } from "./keyfile.ts";
export { merge } from "./merge.ts";
export type { TerminalMode, TerminalModes } from "./modes.ts";
export { createPasskey, type Passkey, passkeyServerLine } from "./passkey.ts";
export { type Assets, setAssets } from "./places.ts";
export { type CertificateInfo, fingerprintOf, keyType, publicKeyLine, readCertificate } from "./publickey.ts";
export { type RunOptions, type RunResult, run } from "./run.ts";
export { preload } from "./runtime.ts";
export { readTicket, type TicketClaims } from "./ticket.ts";
export type * from "./types.ts";
export { generateKey, type KeyKind, type KeySignature, type SigningKey, signingKey } from "./webkey.ts";
export type { ConfigHost, ConfigIgnored } from "./wire.ts";
