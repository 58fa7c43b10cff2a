/** Which links of a terminal's output may be followed. Pure text work, but for {@link openLink}. */

/**
 * The address as it will be opened, in its normal form (host in punycode, so
 * that look-alike letters show); undefined if the link may not be followed:
 * only http and https, no user part that could pose as the host, no controls.
 */
export function safeLink(text: string): string | undefined {
	if (/[\p{Cc}\p{Cf}\s]/u.test(text) || text.length > 4096) return undefined;
	if (!URL.canParse(text)) return undefined;
	const url = new URL(text);
	if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
	if (url.username !== "" || url.password !== "") return undefined;
	return url.href;
}

/** Opens a link from output in a new tab that cannot reach back. */
export function openLink(text: string): void {
	const url = safeLink(text);
	if (url !== undefined) window.open(url, "_blank", "noopener,noreferrer");
}
