import "wasmiko/element";
import { useState } from "react";
import { createRoot } from "react-dom/client";
import { connect } from "wasmiko";

// React 19 hands objects to a custom element as properties, and events as onevent-name.
function Machine() {
	const [state, setState] = useState("idle");
	return (
		<>
			<p id="state">{state}</p>
			<ssh-terminal theme="dark" options={{ scrollback: 500 }} onssh-state={(event) => setState(event.detail.state)} />
		</>
	);
}

window.connect = connect;
createRoot(document.getElementById("root")).render(<Machine />);
