import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

const chrome = first(process.env.CHROME, "/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/chromium-browser");
if (!chrome) throw new Error("no Chromium: install the package chromium, or name one in CHROME");
// The same engine without the browser's own windows, which cost a third of the time and more.
const shell = process.env.CHROME ? chrome : (first("/usr/bin/chromium-headless-shell") ?? chrome);
// What leans on more than the engine: the first impression, downloads, storage in frames, WebGL, a day in a portal.
const whole = /(app|downloads|frame|renderer|portal)\.spec\.ts$/;

function first(...paths: readonly (string | undefined)[]): string | undefined {
	return paths.find((path) => path !== undefined && existsSync(path));
}

function launch(executablePath: string) {
	return {
		launchOptions: {
			executablePath,
			args: [
				"--disable-background-networking",
				"--disable-component-update",
				"--disable-quic",
				// It would take WebGL from a machine that draws by software and is busy.
				"--disable-gpu-watchdog",
				"--no-first-run",
				...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
			],
		},
	};
}

export default defineConfig({
	testDir: ".",
	outputDir: "test-results",
	forbidOnly: true,
	fullyParallel: false,
	workers: 2,
	// Traces cost half of the time: they are written when a test is tried again.
	// A machine that stalls may cost a test its patience once, and a slow one has twice as long;
	// what fails twice is broken, and what failed once is listed as flaky.
	retries: process.env.CI ? 1 : 0,
	timeout: process.env.CI ? 120_000 : 60_000,
	expect: { timeout: process.env.CI ? 30_000 : 15_000 },
	reporter: [["list"]],
	use: {
		viewport: { width: 1280, height: 800 },
		trace: "on-first-retry",
		screenshot: "only-on-failure",
	},
	projects: [
		{ name: "chromium", testMatch: whole, use: launch(chrome) },
		{ name: "shell", testIgnore: whole, use: launch(shell) },
	],
});
