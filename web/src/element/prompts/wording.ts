/** What a server's questions of keyboard-interactive are after, judged by their words. Pure text work. */
import type { Challenge } from "../../client/index.ts";

type Prompt = Challenge["prompts"][number];

/** Words that servers use for codes that change (PAM modules of Google, Duo, TOTP, YubiKey). */
const codeWords = /one[- ]?time|otp\b|verification code|passcode|token|6[- ]digit|authenticator/i;

/** "Password:", "Password for root@db1:", "root@db1's password:". */
const passwordWords = /^\s*(?:\S+'s )?password(?: for \S+)?\s*:?\s*$/i;

/**
 * Whether a challenge is the account's password under another method's name,
 * as servers with PAM ask for it: its first round, one hidden question.
 */
export function asksPassword({ round, name, instruction, prompts }: Challenge): boolean {
	const [prompt] = prompts;
	if (round !== 1 || prompts.length !== 1 || prompt === undefined || prompt.echo) return false;
	return passwordWords.test(prompt.text) && !codeWords.test(`${name}\n${instruction}`);
}

/** Whether a prompt is for a code that changes. What stands above the prompts tells less than the prompt itself. */
export function asksCode({ text, echo }: Prompt, { name, instruction }: Challenge): boolean {
	if (namesCode(text)) return true;
	if (/password/i.test(text)) return false;
	return (echo && /\bcode\b/i.test(text)) || codeWords.test(`${name}\n${instruction}`);
}

/** Whether the very words of a prompt name a code that changes: such a one may be seen while it is typed. */
export function namesCode(text: string): boolean {
	return codeWords.test(text);
}
