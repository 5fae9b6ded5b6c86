import "./parts/chart";
import "./parts/filter";
import "./parts/heatmap";
import "./parts/rail";
import "./parts/tail";
import "./parts/waterfall";
import { App } from "./app";

new App().start();
