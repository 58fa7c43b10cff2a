/** What a screen is, by day and by night, to those who see it and to those who have it read out. */
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, screenshot, test } from "./fixtures.ts";

/** Wide as on a desk, narrow as in a hand. */
export const SHAPES = [
	["wide", { width: 1280, height: 800 }],
	["narrow", { width: 390, height: 844 }],
] as const;

/** Keeps a picture in light and in dark, and expects axe to find nothing. The page, or `part` of it, is at rest. */
export async function look(page: Page, name: string, part?: string): Promise<void> {
	await test.step(name, async () => {
		for (const colorScheme of ["light", "dark"] as const) {
			await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
			await screenshot(page, `${colorScheme}-${name}`);
			const axe = new AxeBuilder({ page });
			if (part) axe.include(part);
			// What does not depend on colours was looked at by day.
			if (colorScheme === "dark") axe.withRules(["color-contrast"]);
			const { violations } = await axe.analyze();
			const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((n) => n.target).join(" ")}`);
			expect.soft(found, `${colorScheme} ${name}`).toEqual([]);
		}
	});
}
