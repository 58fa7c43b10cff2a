/** Archives, made while they are read: nothing is held, and nothing passes the page. */
import { makeZip } from "client-zip";
import type { JobResult, ZipJob, ZipPart } from "../client/jobs.ts";
import { BytePort, readableOf } from "../client/port.ts";

/** Makes an archive and tells how it went. */
export async function zip({ stream, control }: ZipJob): Promise<JobResult> {
	const out = new BytePort(stream);
	// Whoever reads says nothing here but why it takes no more.
	out.read({ data: () => {}, end: () => {} });
	let bytes = 0;
	try {
		const archive = makeZip(contents(control)).getReader();
		for (;;) {
			const { value, done } = await archive.read();
			if (done) break;
			bytes += value.byteLength;
			// A copy, for what is sent is given away, and client-zip uses its headers once more.
			out.write(value.slice());
			await out.drained();
		}
		out.end();
		return { bytes };
	} catch (error) {
		out.reset(error);
		return { bytes, error };
	}
}

/** What goes in, each asked for when its turn has come: a server does not like thousands of open files. */
async function* contents(control: MessagePort) {
	for (;;) {
		const part = await next(control);
		if (part === null) return;
		yield {
			name: part.name,
			...(part.mtime !== undefined && { lastModified: new Date(part.mtime) }),
			...(part.stream !== undefined && { input: contentsOf(part.stream) }),
		};
	}
}

function contentsOf(stream: MessagePort): ReadableStream<Uint8Array> {
	const port = new BytePort(stream);
	port.end();
	return readableOf(port);
}

function next(control: MessagePort): Promise<ZipPart | null> {
	return new Promise((resolve) => {
		control.onmessage = ({ data }: MessageEvent<ZipPart | null>) => resolve(data);
		control.postMessage("next");
	});
}
