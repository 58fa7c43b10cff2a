/** What the Worker does with local files by itself, so that the page never holds their bytes. */

/** The Worker sends a Blob's bytes, from `offset` on, to a stream of the core. */
export interface FeedJob {
	readonly job: "feed";
	readonly blob: Blob;
	readonly offset: number;
	readonly stream: MessagePort;
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
	readonly control: MessagePort;
}

export type Job = FeedJob | DrainJob;

/** How a job ended, told on its control port: bytes that it moved, or what went wrong with the local file. */
export interface JobResult {
	readonly bytes: number;
	readonly error?: unknown;
}
