/** What a server's questions of keyboard-interactive are after, judged by their words. Pure text work. */
import type { Challenge } from "../../client/index.ts";

type Prompt = Challenge["prompts"][number];

/** Words that servers use for codes that change (PAM modules of Google, Duo, TOTP, YubiKey). */
const codeWords = /one[- ]?time|otp\b|verification code|passcode|token|6[- ]digit|authenticator/i;

/**
 * "Password" as PAM says it in the languages that servers are set to: its
 * catalogues have one word, or two, with a colon of the script's own.
 */
const passwordNames = [
	...["password", "passwort", "kennwort", "mot de passe", "contraseña", "contrasenya", "senha", "palavra-passe"],
	...["wachtwoord", "lösenord", "adgangskode", "passord", "salasana", "hasło", "heslo", "geslo", "lozinka", "jelszó"],
	...["parola", "parolă", "şifre", "slaptažodis", "parole", "parool", "κωδικός", "συνθηματικό", "пароль", "парола"],
	...["лозинка", "סיסמה", "كلمة السر", "كلمة المرور", "پسورد", "گذرواژه", "रहस्यवाक्य", "รหัสผ่าน", "mật khẩu"],
	...["密码", "密碼", "口令", "パスワード", "암호", "비밀번호"],
];

/** "Password:", "Password for root@db1:", "root@db1's password:", "Mot de passe : ", "密码：". */
const passwordWords = new RegExp(
	`^\\s*(?:\\S+'s )?(?:${passwordNames.join("|")})(?: (?:for|für|pour|de|para|di|voor) \\S+)?\\s*[:：]?\\s*$`,
	"iu",
);

/** A password that is to be changed: PAM's "New password:", "Retype new password:", and the same in other languages. */
const newWords =
	/\b(?:new|retype|again|neues|neue|wiederholen|nouveau|nueva|nova|nuova|nieuw|nytt|ny|nowe|nové)\b|нов|新|새/iu;

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

/** What a prompt says before it asks, and its question: PAM puts what it has to tell (a QR code) in front of the last line. */
export function partsOf({ text }: Prompt): { words: string; question: string } {
	const whole = text.replace(/\r\n?/g, "\n").replace(/^\n+|\s+$/g, "");
	const end = whole.lastIndexOf("\n");
	return { words: whole.slice(0, Math.max(end, 0)).trimEnd(), question: whole.slice(end + 1).trim() };
}

/** What a hidden prompt is filled in with: the password of now, a new one, or nothing that is kept. */
export function passwordPurpose(text: string): "current-password" | "new-password" | "off" {
	const names = new RegExp(passwordNames.join("|"), "iu");
	if (!names.test(text)) return "off";
	return newWords.test(text) ? "new-password" : "current-password";
}
