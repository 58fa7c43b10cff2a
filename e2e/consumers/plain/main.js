// The package as it is, copied beside the page.
import "./wasmiko/element.js";
import { connect } from "./wasmiko/index.js";

window.connect = connect;
