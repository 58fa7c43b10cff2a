import type { Path, SFTP } from "../../client/filetypes.ts";
import type { SSHClient } from "../../client/index.ts";
import { darkOf } from "../attributes.ts";
import { news } from "../events.ts";
import { t } from "../words/words.ts";
import { Panel, type Side } from "./panel.ts";
import { describeFailure } from "./problems.ts";
import { sweepStaging } from "./staged.ts";
import { sweepWorker } from "./streamed.ts";

/**
 * `<ssh-files>`: the files of a server. Give it a `client`, and it opens its
 * SFTP session; take it away when the connection is gone: transfers wait, and
 * go on with the next one.
 *
 * Events, all bubbling: `ssh-path`, `ssh-transfers` (how many run, and how far
 * they are), `ssh-transfer` (one has ended), `ssh-follow`, `ssh-files-close` (the person is
 * done with it), `ssh-files-setting` (they turned a switch; the attribute says so already).
 *
 * Attributes: `theme`; `verify` compares SHA-256 of what is moved; `side`, "right" or "below", offers to choose
 * where it stands to a terminal, which is for whoever holds both to do.
 */
export class SSHFiles extends HTMLElement {
	static readonly observedAttributes = ["theme", "verify", "side"];

	readonly #shadow = this.attachShadow({ mode: "open" });
	readonly #media = window.matchMedia("(prefers-color-scheme: dark)");
	#client: SSHClient | undefined;
	#sftp: SFTP | undefined;
	#panel: Panel | undefined;
	/** The terminal's folder, as its shell reported it. */
	#reported: Path | undefined;
	#follows = false;
	#begun = false;

	/** The connection to work over. */
	get client(): SSHClient | undefined {
		return this.#client;
	}

	set client(client: SSHClient | undefined) {
		if (client === this.#client) return;
		this.#client = client;
		void this.#reconnect();
	}

	/** The folder that is shown; raw bytes where its name is no UTF-8. */
	get path(): Path {
		return this.#panel?.path ?? "/";
	}

	/** How many transfers are not over. */
	get busy(): number {
		return this.#panel?.transfers.busy ?? 0;
	}

	/** Whether an edited file is not saved. */
	get dirty(): boolean {
		return this.#panel?.dirty === true;
	}

	/** Bytes moved and to be moved by all transfers that are not over. */
	get progress(): { readonly done: number; readonly total: number | undefined } {
		return this.#panel?.transfers.progress ?? { done: 0, total: 0 };
	}

	connectedCallback(): void {
		if (this.#panel !== undefined) return;
		this.#panel = new Panel(this.#shadow, {
			onPath: (path) => this.dispatchEvent(news("ssh-path", { path })),
			onTransfers: () => this.dispatchEvent(news("ssh-transfers", { busy: this.busy, ...this.progress })),
			onOver: ({ errand, state }) =>
				this.dispatchEvent(news("ssh-transfer", { kind: errand.kind, name: errand.name, state })),
			onLost: (sftp) => void this.#replace(sftp),
			onFollow: (on) => this.#follow(on),
			onSetting: (some) => {
				if (some.verify !== undefined) this.toggleAttribute("verify", some.verify);
				if (some.side !== undefined) this.setAttribute("side", some.side);
				this.dispatchEvent(news("ssh-files-setting", some));
			},
			onClose: () => this.dispatchEvent(news("ssh-files-close", {})),
		});
		this.#media.addEventListener("change", this.#paint);
		this.#paint();
		void sweepStaging(Date.now()).catch(() => {});
		void sweepWorker().catch(() => {});
		void this.#reconnect();
	}

	disconnectedCallback(): void {
		queueMicrotask(() => {
			if (!this.isConnected) this.#tearDown();
		});
	}

	/** With moveBefore nothing is to be done at all. */
	connectedMoveCallback(): void {}

	attributeChangedCallback(): void {
		this.#paint();
	}

	/** Shows a folder. */
	async open(path: Path): Promise<void> {
		await this.#panel?.go(path);
	}

	/** Tells the folder that a terminal's shell is in (OSC 7); shown while the person wants to follow. */
	report(path: Path): void {
		this.#reported = path;
		this.#panel?.following(this.#follows);
		if (this.#follows || !this.#begun) void this.#panel?.follow(path);
	}

	override focus(): void {
		this.#panel?.focus();
	}

	#follow(on: boolean): void {
		this.#follows = on;
		this.#panel?.following(on);
		if (on && this.#reported !== undefined) void this.#panel?.follow(this.#reported);
		this.dispatchEvent(news("ssh-follow", { on }));
	}

	/** Opens a session over the client; each is opened once, for whoever is there then. */
	async #reconnect(): Promise<void> {
		const panel = this.#panel;
		const client = this.#client;
		if (panel === undefined) return;
		const old = this.#sftp;
		this.#sftp = undefined;
		void old?.close().catch(() => {});
		if (client === undefined) {
			await panel.connect(undefined, t("files.note.connect"));
			return;
		}
		await panel.connect(undefined, t("files.note.opening"));
		try {
			const sftp = await client.sftp();
			if (this.#client !== client || this.#panel !== panel) {
				await sftp.close();
				return;
			}
			this.#sftp = sftp;
			// The same account of the same machine, wherever the way there leads.
			const server = `${client.info.fingerprint} ${sftp.home}`;
			await panel.connect(sftp, "", this.#begun ? undefined : this.#reported, server);
			this.#begun = true;
		} catch (error) {
			if (this.#client === client) await panel.connect(undefined, describeFailure(error, t("files.failed.session")));
		}
	}

	/** A session failed: over a connection that is well, another is opened. */
	async #replace(sftp: SFTP): Promise<void> {
		if (this.#sftp !== sftp || this.#client?.state !== "ready") return;
		await this.#reconnect();
	}

	readonly #paint = (): void => {
		this.#panel?.paint(darkOf(this));
		this.#panel?.set(this.hasAttribute("verify"), sideOf(this.getAttribute("side")));
	};

	#tearDown(): void {
		this.#media.removeEventListener("change", this.#paint);
		this.#panel?.layer.dismiss();
		this.#panel?.transfers.cancelAll();
		const sftp = this.#sftp;
		this.#sftp = undefined;
		this.#panel = undefined;
		this.#shadow.replaceChildren();
		// Cancelled uploads take their parts away first.
		setTimeout(() => void sftp?.close().catch(() => {}), 1000);
	}
}

function sideOf(value: string | null): Side | undefined {
	return value === "right" || value === "below" ? value : undefined;
}
