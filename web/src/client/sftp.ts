/** Work with the files of a server. */
import "./dispose.ts";
import { openable } from "./abort.ts";
import type { Core } from "./core.ts";
import { SFTPError } from "./errors.ts";
import type {
	ChangeOptions,
	ChmodOptions,
	Entry,
	FileInfo,
	FileSystemInfo,
	GetOptions,
	ListOptions,
	Path,
	PutOptions,
	ReadOptions,
	RemoveOptions,
	SFTP,
	SFTPOptions,
	Sink,
	Source,
	TransferResult,
	WriteOptions,
} from "./filetypes.ts";
import { get } from "./get.ts";
import { entriesOf, pathBytes } from "./path.ts";
import { put } from "./put.ts";
import { readStream, writeStream } from "./transfer.ts";
import type { Abortable } from "./types.ts";
import type { FileName, SFTP as Opened, SFTPChange } from "./wire.ts";

/** How many entries of a folder are asked for at a time. */
const PAGE = 500;

/** Opens an SFTP session. `onClose` is called once, when it is closed. */
export async function openSFTP(core: Core, options: SFTPOptions, onClose?: () => Promise<void>): Promise<SFTP> {
	const { signal, fallback } = options;
	if (fallback !== undefined && fallback !== "exec")
		throw new TypeError(`fallback is "exec" or absent, not ${fallback}`);
	signal?.throwIfAborted();
	const opening = core.call("sftp", { shell: fallback === "exec" });
	const opened = await openable(opening, signal, ({ sftp }) => core.call("sftpClose", { sftp }));
	return new RemoteFiles(core, opened, onClose);
}

class RemoteFiles implements SFTP {
	readonly via: "sftp" | "exec";
	readonly home: string;
	declare readonly homeRaw?: Uint8Array;
	readonly extensions: Readonly<Record<string, string>>;
	readonly #core: Core;
	readonly #sftp: number;
	readonly #onClose: (() => Promise<void>) | undefined;
	#closing: Promise<void> | undefined;

	constructor(core: Core, { sftp, shell, home, extensions }: Opened, onClose: (() => Promise<void>) | undefined) {
		this.#core = core;
		this.#sftp = sftp;
		this.via = shell ? "exec" : "sftp";
		this.home = home.name;
		if (home.raw) this.homeRaw = home.raw;
		this.extensions = extensions;
		this.#onClose = onClose;
	}

	async *list(
		path: Path,
		{ signal, max = Number.POSITIVE_INFINITY, onRefused }: ListOptions = {},
	): AsyncGenerator<Entry> {
		signal?.throwIfAborted();
		const core = this.#core;
		const opening = core.call("sftpOpenDir", this.#at(path));
		const { dir } = await openable(opening, signal, (opened) => core.call("sftpCloseDir", opened));
		try {
			for (let seen = 0; ; ) {
				const page = await core.call("sftpNext", { dir, max: PAGE }, { signal });
				for (const { name } of page.refused) onRefused?.(name);
				if (page.lines === "") return;
				for (const entry of entriesOf(page.lines)) {
					if (++seen > max) throw tooMany(path, max);
					yield entry;
					signal?.throwIfAborted();
				}
			}
		} finally {
			core.call("sftpCloseDir", { dir }).catch(() => {});
		}
	}

	stat(path: Path, { signal }: Abortable = {}): Promise<FileInfo> {
		return this.#stat(path, true, signal);
	}

	lstat(path: Path, { signal }: Abortable = {}): Promise<FileInfo> {
		return this.#stat(path, false, signal);
	}

	async readlink(
		path: Path,
		{ signal }: Abortable = {},
	): Promise<{ readonly target: string; readonly raw?: Uint8Array }> {
		const { name, raw } = await this.#core.call("sftpReadlink", this.#at(path), { signal });
		return { target: name, ...(raw ? { raw } : {}) };
	}

	async realpath(path: Path, { signal }: Abortable = {}): Promise<string> {
		return (await this.#name(path, signal)).name;
	}

	async resolve(path: Path, { signal }: Abortable = {}): Promise<{ readonly path: string; readonly raw?: Uint8Array }> {
		const { name, raw } = await this.#name(path, signal);
		return { path: name, ...(raw ? { raw } : {}) };
	}

	async mkdir(path: Path, options: Abortable & { mode?: number; recursive?: boolean } = {}): Promise<void> {
		const { mode, recursive = false, signal } = options;
		const params = { ...this.#at(path), recursive, ...modeOf(mode) };
		await this.#core.call("sftpMkdir", params, { signal });
	}

	async remove(path: Path, { recursive = false, onProgress, signal }: RemoveOptions = {}): Promise<void> {
		const params = { ...this.#at(path), recursive };
		await this.#counted(onProgress, (transfer) => this.#core.call("sftpRemove", { ...params, transfer }, { signal }));
	}

	async rename(from: Path, to: Path, options: Abortable & { readonly overwrite?: boolean } = {}): Promise<void> {
		const { overwrite = false, signal } = options;
		await this.#core.call("sftpRename", { ...this.#pair(from, to), overwrite }, { signal });
	}

	async symlink(target: Path, path: Path, { signal }: Abortable = {}): Promise<void> {
		await this.#core.call("sftpSymlink", this.#pair(target, path), { signal });
	}

	async link(existing: Path, path: Path, { signal }: Abortable = {}): Promise<void> {
		await this.#core.call("sftpLink", this.#pair(existing, path), { signal });
	}

	async copy(from: Path, to: Path, { signal }: Abortable = {}): Promise<void> {
		await this.#core.call("sftpCopy", this.#pair(from, to), { signal });
	}

	async chmod(path: Path, mode: number, options: ChmodOptions = {}): Promise<void> {
		// As chmod -R with an X: whoever may read a folder may go into it.
		const { mode: dirMode } = modeOf(options.dirMode ?? mode | ((mode & 0o444) >> 2));
		await this.#change(path, { ...modeOf(mode), ...(options.recursive ? { dirMode } : {}) }, options);
	}

	async chown(path: Path, uid: number, gid: number, options: ChangeOptions = {}): Promise<void> {
		await this.#change(path, { uid, gid }, options);
	}

	async utimes(path: Path, atime: number, mtime: number, { signal }: Abortable = {}): Promise<void> {
		await this.#core.call("sftpChange", { ...this.#at(path), atime, mtime }, { signal });
	}

	async truncate(path: Path, size: number, { signal }: Abortable = {}): Promise<void> {
		await this.#core.call("sftpChange", { ...this.#at(path), size }, { signal });
	}

	statvfs(path: Path, { signal }: Abortable = {}): Promise<FileSystemInfo> {
		return this.#core.call("sftpStatVFS", this.#at(path), { signal });
	}

	read(path: Path, options: ReadOptions = {}): ReadableStream<Uint8Array> {
		return readStream(this.#core, this.#at(path), options);
	}

	write(path: Path, options: WriteOptions = {}): WritableStream<Uint8Array> {
		return writeStream(this.#core, this.#at(path), options);
	}

	async get(path: Path, to: Sink, options: GetOptions = {}): Promise<TransferResult> {
		return get(this.#core, this.#at(path), to, options);
	}

	async put(from: Source, path: Path, options: PutOptions = {}): Promise<TransferResult> {
		return put(this.#core, this.#at(path), from, options);
	}

	close(): Promise<void> {
		this.#closing ??= this.#end();
		return this.#closing;
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	async #end(): Promise<void> {
		// Without a connection it has ended already.
		await this.#core.call("sftpClose", { sftp: this.#sftp }).catch(() => {});
		await this.#onClose?.();
	}

	#at(path: Path): { sftp: number; path: Uint8Array } {
		return { sftp: this.#sftp, path: pathBytes(path) };
	}

	#pair(from: Path, to: Path) {
		return { sftp: this.#sftp, from: pathBytes(from, "from"), to: pathBytes(to, "to"), overwrite: false };
	}

	async #change(path: Path, what: Omit<SFTPChange, "sftp" | "path">, options: ChangeOptions): Promise<void> {
		const { recursive = false, onProgress, signal } = options;
		const params = { ...this.#at(path), ...what, ...(recursive ? { recursive } : {}) };
		await this.#counted(onProgress, (transfer) =>
			this.#core.call("sftpChange", transfer ? { ...params, transfer } : params, { signal }),
		);
	}

	/** Makes a call that may tell how many paths are done. */
	async #counted(
		tell: ((done: number) => void) | undefined,
		call: (transfer: number) => Promise<unknown>,
	): Promise<void> {
		const watch = tell && this.#core.watch(({ done }) => tell(done));
		try {
			await call(watch?.transfer ?? 0);
		} finally {
			watch?.stop();
		}
	}

	async #stat(path: Path, follow: boolean, signal: AbortSignal | undefined): Promise<FileInfo> {
		return this.#core.call("sftpStat", { ...this.#at(path), follow }, { signal });
	}

	async #name(path: Path, signal: AbortSignal | undefined): Promise<FileName> {
		return this.#core.call("sftpRealpath", this.#at(path), { signal });
	}
}

function modeOf(mode: number | undefined): { mode?: number } {
	if (mode === undefined) return {};
	if (!Number.isInteger(mode) || mode < 0 || mode > 0o7777) throw new RangeError(`no permissions: ${mode}`);
	return { mode };
}

function tooMany(path: Path, max: number): SFTPError {
	const name = typeof path === "string" ? path : new TextDecoder().decode(path);
	return new SFTPError("sftp", `Cannot list “${name}”: it has more than ${max} entries.`, name, { reason: "too-many" });
}
