/**
 * The shapes of working with files. Names are bytes on a server: what is no
 * UTF-8 has an escaped `name` for people and its bytes in `raw` for programs.
 */
import type { Abortable } from "./types.ts";

/** A path on the server: text, or the raw bytes of {@link Entry.path} where a name is no UTF-8. */
export type Path = string | Uint8Array;

/** What an entry of a folder is. */
export type FileType = "file" | "directory" | "symlink" | "fifo" | "socket" | "block" | "char" | "unknown";

/** What the server tells of a file. What it did not tell is absent. */
export interface FileInfo {
	readonly type: FileType;
	/** Bytes. */
	readonly size?: number;
	/** Permission bits with setuid, setgid and sticky: 0o7777 at most. */
	readonly mode?: number;
	readonly uid?: number;
	readonly gid?: number;
	/** Milliseconds since 1970. */
	readonly atime?: number;
	/** Milliseconds since 1970. */
	readonly mtime?: number;
}

/** An entry of a folder. */
export interface Entry extends FileInfo {
	/** For people: bytes that are no UTF-8 and control characters are escaped as \xHH. Equal to the real name when `raw` is absent. */
	readonly name: string;
	/** The name's bytes, only where `name` is not exactly them. */
	readonly raw?: Uint8Array;
	/** The names of owner and group, where the server tells. */
	readonly owner?: string;
	readonly group?: string;
}

/** Progress of a transfer: bytes done, of how many where that is known. */
export interface TransferProgress {
	readonly done: number;
	readonly total?: number;
}

/** How a folder is listed. */
export interface ListOptions extends Abortable {
	/** Most entries; more of them fail with SFTPError `too-many`, after these were handed out. */
	readonly max?: number;
	/** Told of names that were left out, escaped: they would lead elsewhere. */
	onRefused?(name: string): void;
}

/** Which part of a file is read. */
export interface ReadOptions extends Abortable {
	/** First byte to read; 0 if absent. */
	readonly offset?: number;
	/** How many bytes; to the end if absent. */
	readonly length?: number;
}

/** How a file is written. */
export interface WriteOptions extends Abortable {
	/** First byte to write; 0 if absent. With an offset the file is not emptied. */
	readonly offset?: number;
	/** Permission bits of a file that is made. */
	readonly mode?: number;
	/** Writes beside the target and renames over it on close: nobody sees half a file. */
	readonly atomic?: boolean;
}

/** How a file is downloaded. */
export interface GetOptions extends ReadOptions {
	/**
	 * Into a file handle: goes on behind what the file holds, once the end of that is the same on the server;
	 * begins anew where it is not. Implies `keepPartial`; excludes `offset` and `length`.
	 */
	readonly resume?: boolean;
	/** The file as an earlier, broken get has found it: where it has changed since, the get begins anew. */
	readonly known?: { readonly size?: number; readonly mtime?: number };
	/** Into a file handle: what came before a failure is kept, to go on from with `offset`. Without it the file stays as it was. */
	readonly keepPartial?: boolean;
	/** Compares SHA-256 of what came now with what the server counts, before a file handle gets its contents. */
	readonly verify?: boolean;
	onProgress?(progress: TransferProgress): void;
}

/**
 * Where `get` writes to. A file handle is written by the Worker; a port brings the bytes to whoever holds its other
 * end, who grants credit for them: with both, none of them passes the main thread.
 */
export type Sink = FileSystemFileHandle | WritableStream<Uint8Array> | MessagePort;

/** What `put` reads from: a Blob or a File is read by the Worker. */
export type Source = Blob | FileSystemFileHandle | ReadableStream<Uint8Array> | Uint8Array | string;

/** How a file is uploaded. */
export interface PutOptions extends Abortable {
	/** Goes to `NAME.part` first, is checked, then renamed over the target; true if absent. */
	readonly atomic?: boolean;
	/** Permission bits; those of the file that is replaced, else the server's default. */
	readonly mode?: number;
	/** Milliseconds since 1970, set at the end; absent: the server's clock. A File's own is taken when `keepTime` is set. */
	readonly mtime?: number;
	readonly keepTime?: boolean;
	/** Goes on with a part that an earlier, broken put left, or replaces it where that is of no use; Blob sources only. */
	readonly resume?: boolean;
	/** true: an existing target is replaced; false: the put fails with SFTPError `exists`, also if the target came meanwhile. true if absent. */
	readonly overwrite?: boolean;
	/**
	 * Compares SHA-256 before the target is replaced, by the extension check-file or by running
	 * sha256sum there. What is wrong is removed again; the put then fails with SFTPError
	 * `checksum-mismatch`, or with `no-checksum` where the server cannot tell one.
	 */
	readonly verify?: boolean;
	onProgress?(progress: TransferProgress): void;
}

/** What a transfer moved. */
export interface TransferResult {
	/** Bytes moved now, without what a resumed one had already. */
	readonly bytes: number;
	/** The file's size at the end. */
	readonly size: number;
	/** Of a get: the file's permission bits and time, which a browser cannot give to a file here. */
	readonly mode?: number;
	readonly mtime?: number;
}

/** How something is removed. */
export interface RemoveOptions extends Abortable {
	/** Also folders with all that is in them; links are removed, never followed. */
	readonly recursive?: boolean;
	onProgress?(removed: number): void;
}

/** How a tree is changed. */
export interface ChangeOptions extends Abortable {
	/** Also all that is below; links, and what they lead to, stay as they are. What cannot be changed fails it at the end. */
	readonly recursive?: boolean;
	onProgress?(changed: number): void;
}

/** How permissions are changed. */
export interface ChmodOptions extends ChangeOptions {
	/** With `recursive`: what folders get; absent: `mode`, and to go into them whoever may read. */
	readonly dirMode?: number;
}

/** Space of a file system, in bytes, and files. */
export interface FileSystemInfo {
	readonly size: number;
	readonly free: number;
	/** Free for this user. */
	readonly available: number;
	readonly files: number;
	readonly filesFree: number;
}

/** How a file session is opened. */
export interface SFTPOptions extends Abortable {
	/**
	 * What to do where the server has no SFTP: "exec" runs commands of a POSIX shell instead. It does the
	 * same, slower, and reads and writes files in their order only. Absent: fails with SFTPError `no-sftp`.
	 */
	readonly fallback?: "exec";
}

/** Work with the files of a server. Made by {@link SSHClient.sftp}. Every failure is an SFTPError with path and reason. */
export interface SFTP extends AsyncDisposable {
	/** How it works: by SFTP, or by commands of a shell in its place. */
	readonly via: "sftp" | "exec";
	/** The folder where relative paths start; escaped, where it is no UTF-8. */
	readonly home: string;
	/** Its bytes, only where `home` is not exactly them. */
	readonly homeRaw?: Uint8Array;
	/** The server's extensions, by name. */
	readonly extensions: Readonly<Record<string, string>>;
	/** The entries of a folder as they come, without . and .. . Breaking out of the loop ends it. */
	list(path: Path, options?: ListOptions): AsyncIterable<Entry>;
	/** Follows links; {@link lstat} does not. */
	stat(path: Path, options?: Abortable): Promise<FileInfo>;
	lstat(path: Path, options?: Abortable): Promise<FileInfo>;
	/** Where a link points to, as it stands in the link. */
	readlink(path: Path, options?: Abortable): Promise<{ readonly target: string; readonly raw?: Uint8Array }>;
	realpath(path: Path, options?: Abortable): Promise<string>;
	/** As {@link realpath}, for paths that may be no UTF-8: their bytes are in `raw`, only where `path` is not exactly them. */
	resolve(path: Path, options?: Abortable): Promise<{ readonly path: string; readonly raw?: Uint8Array }>;
	mkdir(path: Path, options?: Abortable & { readonly mode?: number; readonly recursive?: boolean }): Promise<void>;
	remove(path: Path, options?: RemoveOptions): Promise<void>;
	/** Fails if `to` exists, unless `overwrite`: then it is replaced in one step. */
	rename(from: Path, to: Path, options?: Abortable & { readonly overwrite?: boolean }): Promise<void>;
	symlink(target: Path, path: Path, options?: Abortable): Promise<void>;
	link(existing: Path, path: Path, options?: Abortable): Promise<void>;
	chmod(path: Path, mode: number, options?: ChmodOptions): Promise<void>;
	chown(path: Path, uid: number, gid: number, options?: ChangeOptions): Promise<void>;
	/** Times in milliseconds since 1970; SFTP keeps whole seconds. */
	utimes(path: Path, atime: number, mtime: number, options?: Abortable): Promise<void>;
	truncate(path: Path, size: number, options?: Abortable): Promise<void>;
	statvfs(path: Path, options?: Abortable): Promise<FileSystemInfo>;
	/** Copies on the server, where it can (copy-data). */
	copy(from: Path, to: Path, options?: Abortable): Promise<void>;
	/** The bytes of a file. Never reads a pipe, a socket or a device. */
	read(path: Path, options?: ReadOptions): ReadableStream<Uint8Array>;
	/** Writes a file; what close resolves is on the server. */
	write(path: Path, options?: WriteOptions): WritableStream<Uint8Array>;
	/** Downloads to a file or a stream, and checks that all came. */
	get(path: Path, to: Sink, options?: GetOptions): Promise<TransferResult>;
	/** Uploads. */
	put(from: Source, path: Path, options?: PutOptions): Promise<TransferResult>;
	/** Ends the SFTP session; what runs over it fails. */
	close(): Promise<void>;
}
