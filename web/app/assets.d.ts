/// <reference path="../src/element/assets.d.ts" />
