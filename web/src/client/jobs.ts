/** What the Worker does with local files by itself, so that the page never holds their bytes. */

/** The Worker sends a Blob's bytes, from `offset` on, to a stream of the core. */
export interface FeedJob {
	readonly job: "feed";
	readonly blob: Blob;
	readonly offset: number;
	readonly stream: MessagePort;
	/** Whether the stream's other end is the core of this very Worker. */
	readonly near?: boolean;
	readonly control: MessagePort;
}

/** The Worker writes what a stream of the core brings to a file. */
export interface DrainJob {
	readonly job: "drain";
	readonly file: FileSystemFileHandle;
	/** Where to begin; what is before it in the file stays. */
	readonly offset: number;
	/** Whether what came before a failure is kept. */
	readonly keep: boolean;
	readonly stream: MessagePort;
	/** Whether the stream's other end is the core of this very Worker. */
	readonly near?: boolean;
	readonly control: MessagePort;
}

/** The Worker makes an archive of files that it asks for one by one, and sends it. */
export interface ZipJob {
	readonly job: "zip";
	readonly stream: MessagePort;
	readonly control: MessagePort;
}

/** What a {@link ZipJob} is given for each "next" on its control port; null: there is no more. */
export interface ZipPart {
	/** Below the archive's root, parted by slashes; with one at its end it is a folder. */
	readonly name: string;
	/** Milliseconds since 1970. */
	readonly mtime?: number | undefined;
	/** The contents of a file. */
	readonly stream?: MessagePort;
}

export type Job = FeedJob | DrainJob | ZipJob;

/** How a job ended, told on its control port: bytes that it moved, or what went wrong here. */
export interface JobResult {
	readonly bytes: number;
	readonly error?: unknown;
}
