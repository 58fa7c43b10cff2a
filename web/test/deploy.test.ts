import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { validate } from "dockerfile-utils";

const dockerfile = readFileSync("../docs/deploy/Dockerfile", "utf8");
const problems = (text: string): string[] => validate(text).map(({ message }) => String(message));

test("docs/deploy/Dockerfile is one that docker understands", () => {
	assert.deepEqual(problems(dockerfile), []);
});

test("a Dockerfile that is none would be seen", () => {
	assert.equal(problems(dockerfile.replace("STOPSIGNAL SIGTERM", "STOPSIGNAL")).length, 1);
	assert.equal(problems(dockerfile.replace("COPY wasmiko /wasmiko", "COPPY wasmiko")).length, 1);
});
