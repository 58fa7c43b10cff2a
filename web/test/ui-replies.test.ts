import assert from "node:assert/strict";
import { test } from "node:test";
import type { IParser } from "@xterm/xterm";
import { limitReplies } from "../src/element/replies.ts";

/** A parser that remembers its handlers; true from one means that xterm will not answer. */
function recorder() {
	const csi = new Map<string, () => boolean>();
	const osc = new Map<number, (data: string) => boolean>();
	const gone = { dispose() {} };
	const parser = {
		registerCsiHandler(id: { prefix?: string; intermediates?: string; final: string }, handler: () => boolean) {
			csi.set(`${id.prefix ?? ""}${id.intermediates ?? ""}${id.final}`, handler);
			return gone;
		},
		registerOscHandler(id: number, handler: (data: string) => boolean) {
			osc.set(id, handler);
			return gone;
		},
		registerDcsHandler: () => gone,
	} as unknown as IParser;
	return { parser, csi, osc };
}

test("so many questions a second are answered, whatever their kind, and no more", () => {
	const { parser, csi, osc } = recorder();
	limitReplies(parser, 3);
	const asked = [csi.get("c")?.(), csi.get("n")?.(), osc.get(10)?.("?"), csi.get("?$p")?.(), osc.get(4)?.("1;?")];
	assert.deepEqual(asked, [false, false, false, true, true]);
});

test("setting a colour is no question", () => {
	const { parser, osc } = recorder();
	limitReplies(parser, 0);
	assert.equal(osc.get(11)?.("#000000"), false);
	assert.equal(osc.get(11)?.("?"), true);
});
