import type { ITheme } from "@xterm/xterm";

/** What the theme attribute may say. */
export type ThemeName = "auto" | "light" | "dark";

const dark: ITheme = {
	background: "#0f1419",
	foreground: "#d8dee6",
	cursor: "#5eead4",
	cursorAccent: "#0f1419",
	selectionBackground: "#2f5d6a99",
	black: "#1c232b",
	red: "#f2777a",
	green: "#8fd19e",
	yellow: "#f0c674",
	blue: "#7fb3f0",
	magenta: "#c99bf0",
	cyan: "#67d4d0",
	white: "#c5ced8",
	brightBlack: "#6b7683",
	brightRed: "#ff9a9c",
	brightGreen: "#b4e8bf",
	brightYellow: "#ffe0a1",
	brightBlue: "#a8ceff",
	brightMagenta: "#dfc0ff",
	brightCyan: "#98ece9",
	brightWhite: "#f4f7fa",
};

const light: ITheme = {
	background: "#fbfcfd",
	foreground: "#1f2a35",
	cursor: "#0f766e",
	cursorAccent: "#fbfcfd",
	selectionBackground: "#9bd5cf88",
	black: "#1f2a35",
	red: "#b4232a",
	green: "#1d7a3d",
	yellow: "#8a5a00",
	blue: "#1d5fb4",
	magenta: "#8339a8",
	cyan: "#0b7285",
	white: "#5b6875",
	brightBlack: "#66727e",
	brightRed: "#cf3038",
	brightGreen: "#238a48",
	brightYellow: "#9a6700",
	brightBlue: "#2a6fc9",
	brightMagenta: "#9648bd",
	brightCyan: "#0d8296",
	brightWhite: "#3b4752",
};

/** The custom properties that override a theme's colours from outside. */
const properties: readonly (readonly [name: string, key: keyof ITheme])[] = [
	["--ssh-background", "background"],
	["--ssh-foreground", "foreground"],
	["--ssh-cursor", "cursor"],
	["--ssh-selection", "selectionBackground"],
];

/** The font that terminals show if `--ssh-font-family` names none. */
export const defaultFont =
	'ui-monospace, "Cascadia Mono", "JetBrains Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace';

/** Whether a theme is a dark one, given what the system prefers. */
export function isDark(theme: ThemeName, systemDark: boolean): boolean {
	return theme === "auto" ? systemDark : theme === "dark";
}

/** The colours of a theme, with what the page's custom properties override. */
export function themeOf(inDark: boolean, styles: Pick<CSSStyleDeclaration, "getPropertyValue">): ITheme {
	const theme: ITheme = { ...(inDark ? dark : light) };
	for (const [name, key] of properties) {
		const value = styles.getPropertyValue(name).trim();
		if (value !== "") Object.assign(theme, { [key]: value });
	}
	return theme;
}
