import "wasmiko/element";
import { connect } from "wasmiko";

window.connect = connect;
