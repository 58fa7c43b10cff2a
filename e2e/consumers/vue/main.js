import "wasmiko/element";
import { createApp, h, ref } from "vue";
import { connect } from "wasmiko";

const Machine = {
	setup() {
		const state = ref("idle");
		return () => [
			h("p", { id: "state" }, state.value),
			h("ssh-terminal", {
				theme: "dark",
				".options": { scrollback: 500 },
				"onSsh-state": (event) => {
					state.value = event.detail.state;
				},
			}),
		];
	},
};

window.connect = connect;
createApp(Machine).mount("#app");
