// Made by scripts/gallery.ts from gallery/page: change it there.

/** The script of the page. */
export const script: string = `(function() {
	// packages/node/src/gallery/page/Dom.ts
	const make$6 = (tag, attributes = {}, ...children) => {
		const element = document.createElement(tag);
		for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
		element.append(...children);
		return element;
	};
	const button = (text, className, onClick) => {
		const element = make$6("button", {
			type: "button",
			class: className
		}, text);
		element.addEventListener("click", onClick);
		return element;
	};
	const icon = (label, className, onClick) => {
		const element = make$6("button", {
			type: "button",
			class: \`icon \${className}\`,
			"aria-label": label,
			title: label
		});
		element.addEventListener("click", onClick);
		return element;
	};
	// packages/node/src/gallery/internal/Shown.ts
	const unseen = /[\\p{Cc}\\p{Bidi_Control}\\p{Zl}\\p{Zp}\\p{Cs}]/gu;
	const visible = (text) => text.replaceAll("\\r\\n", "\\n").replace(unseen, (character) => character === "\\n" || character === "	" ? character : \`\\\\u{\${(character.codePointAt(0) ?? 0).toString(16)}}\`);
	const oneLine = (text) => visible(text).replaceAll(/\\s+/g, " ").trim();
	const units = [
		"kB",
		"MB",
		"GB",
		"TB"
	];
	const size = (bytes) => {
		if (bytes < 1e3) return \`\${bytes} B\`;
		let [value, step] = [bytes / 1e3, 0];
		while (value >= 999.5 && step < units.length - 1) [value, step] = [value / 1e3, step + 1];
		return \`\${Number(value.toPrecision(3))} \${units[step]}\`;
	};
	const folded$1 = (text) => text.normalize("NFKC").toLowerCase();
	// packages/node/src/gallery/page/Selection.ts
	const make$5 = (entries) => {
		const sorted = new Map();
		const inOrder = (order) => {
			const known = sorted.get(order) ?? entries.toSorted(compare[order]);
			sorted.set(order, known);
			return known;
		};
		const isEqual = (a, b) => a.kind === b.kind && a.model === b.model && a.order === b.order;
		let last;
		return (wanted) => {
			const choice = {
				...wanted,
				query: folded$1(wanted.query)
			};
			const { kind, model, order, query } = choice;
			const words = query.split(/\\s+/).filter((word) => word !== "");
			const found = (last !== void 0 && isEqual(choice, last.choice) && query.startsWith(last.choice.query) ? last.found : inOrder(order)).filter((entry) => (kind === "" || entry.kind === kind) && (model === "" || entry.item.modelId === model) && words.every((word) => entry.haystack().includes(word)));
			last = {
				choice,
				found
			};
			return found;
		};
	};
	const collator = new Intl.Collator("en", { numeric: true });
	const byName = (a, b) => collator.compare(a.item.path, b.item.path);
	const by = (value, direction) => (a, b) => {
		const [left, right] = [value(a), value(b)];
		if (left === right) return 0;
		if (left === void 0) return 1;
		if (right === void 0) return -1;
		return (left - right) * direction;
	};
	const compare = {
		newest: by(({ time }) => time, -1),
		oldest: by(({ time }) => time, 1),
		name: byName,
		size: by(({ item }) => item.bytes, -1)
	};
	const counted = (values) => {
		const counts = new Map();
		for (const value of values) if (value !== void 0) counts.set(value, (counts.get(value) ?? 0) + 1);
		return [...counts].toSorted(([a, left], [b, right]) => right - left || (a < b ? -1 : 1));
	};
	// packages/node/src/gallery/page/Theme.ts
	const key = "scenario-assets-gallery-theme";
	const system = matchMedia("(prefers-color-scheme: dark)");
	const attempt = (run) => {
		try {
			return run();
		} catch {
			return;
		}
	};
	const make$4 = () => {
		const root = document.documentElement;
		const current = () => root.dataset["theme"] ?? (system.matches ? "dark" : "light");
		const other = () => current() === "dark" ? "light" : "dark";
		const name = () => {
			for (const attribute of ["aria-label", "title"]) button.setAttribute(attribute, \`Switch to \${other()} mode\`);
		};
		const button = icon("", "theme", () => {
			const chosen = other();
			root.dataset["theme"] = chosen;
			attempt(() => localStorage.setItem(key, chosen));
			name();
		});
		const kept = attempt(() => localStorage.getItem(key));
		if (kept === "dark" || kept === "light") root.dataset["theme"] = kept;
		system.addEventListener("change", name);
		name();
		return button;
	};
	// packages/node/src/gallery/page/Words.ts
	const numbers = new Intl.NumberFormat("en-GB");
	const days = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });
	const moments = new Intl.DateTimeFormat("en-GB", {
		dateStyle: "medium",
		timeStyle: "short"
	});
	const number = (value) => numbers.format(value);
	const moment = ({ time }) => time === void 0 ? void 0 : moments.format(time);
	const isolated = (text) => \`\\u2068\${text}\\u2069\`;
	const beginning = (text, length = 240) => oneLine(text.slice(0, length).replace(/[\\uD800-\\uDBFF]$/, ""));
	const titleOf = ({ fileName, item }) => beginning(item.prompt ?? item.name ?? fileName);
	const summaryOf = ({ fileName, item, label, time }) => {
		const place = item.path.slice(0, -fileName.length);
		const origin = item.modelId ?? (item.prompt === void 0 ? place : fileName);
		return [
			[origin === "" ? label : beginning(origin, 120)],
			[time === void 0 ? void 0 : days.format(time), item.bytes === void 0 ? void 0 : size(item.bytes)],
			[item.seed && \`seed \${beginning(item.seed, 40)}\`]
		].map((parts) => parts.filter((part) => part !== void 0).map(isolated).join(" · ")).filter((line) => line !== "").join("\\n");
	};
	const kinds$1 = new Map([
		["image", "Images"],
		["image-hdr", "HDR images"],
		["video", "Videos"],
		["audio", "Audio"],
		["3d", "3D"],
		["document", "Documents"],
		["json", "JSON"],
		["other", "Other"]
	]);
	const kindOf$1 = (kind) => kinds$1.get(kind) ?? beginning(kind, 40);
	// packages/node/src/gallery/page/Controls.ts
	const most = {
		kinds: 8,
		models: 20
	};
	const orders = [
		["newest", "Newest first"],
		["oldest", "Oldest first"],
		["name", "Name"],
		["size", "Largest first"]
	];
	const option = (value, text) => make$6("option", { value }, text);
	const kept = () => {
		const state = history.state;
		const fields = typeof state === "object" && state !== null ? Object.entries(state) : [];
		return Object.fromEntries(fields.flatMap(([name, value]) => typeof value === "string" ? [[name, value]] : []));
	};
	const make$3 = (entries, onChoice) => {
		const search = make$6("input", {
			type: "search",
			placeholder: "Search prompts, names, tags…",
			"aria-label": "Search",
			autocomplete: "off",
			spellcheck: "false"
		});
		const count = make$6("output", { class: "count" });
		const kinds = counted(entries.map(({ kind }) => kind)).slice(0, most.kinds);
		const chips = new Map();
		const addChip = (kind, text) => chips.set(kind, button(text, "chip", () => pick(kind)));
		if (kinds.length > 1) {
			addChip("", "All");
			for (const [kind, count] of kinds) addChip(kind, \`\${kindOf$1(kind)} \${number(count)}\`);
		}
		const filter = make$6("div", {
			class: "chips",
			role: "group",
			"aria-label": "Kind"
		}, ...chips.values());
		const models = counted(entries.map(({ item }) => item.modelId));
		const more = models.length - most.models;
		const model = make$6("select", {
			"aria-label": "Model",
			autocomplete: "off"
		}, option("", "All models"), ...models.slice(0, most.models).map(([id, count]) => option(id, \`\${beginning(id, 48)} (\${number(count)})\`)));
		if (more > 0) {
			const rest = option("", \`\${number(more)} more: search for them\`);
			rest.disabled = true;
			model.append(rest);
		}
		const hasDates = entries.some(({ time }) => time !== void 0);
		const offered = orders.filter(([name]) => hasDates || name === "name" || name === "size");
		const order = make$6("select", {
			"aria-label": "Sort by",
			autocomplete: "off"
		}, ...offered.map(([name, text]) => option(name, text)));
		let kind = "";
		let keeping;
		const choice = () => ({
			query: search.value,
			kind,
			model: model.value,
			order: offered.find(([name]) => name === order.value)?.[0] ?? "name"
		});
		const changed = () => {
			for (const [name, chip] of chips) chip.setAttribute("aria-pressed", String(name === kind));
			onChoice(choice());
			clearTimeout(keeping);
			keeping = setTimeout(() => history.replaceState(choice(), ""), 250);
		};
		const pick = (name) => {
			kind = chips.has(name) ? name : "";
			changed();
		};
		search.addEventListener("input", changed);
		model.addEventListener("change", changed);
		order.addEventListener("change", changed);
		addEventListener("keydown", (event) => {
			const isTyping = event.target instanceof HTMLInputElement || document.querySelector("dialog[open]") !== null;
			if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
			event.preventDefault();
			search.select();
		});
		const before = kept();
		search.value = before["query"] ?? "";
		model.value = before["model"] ?? "";
		if (model.selectedIndex === -1) model.selectedIndex = 0;
		order.value = before["order"] ?? "";
		if (order.selectedIndex === -1) order.selectedIndex = 0;
		return {
			header: make$6("header", {}, make$6("div", { class: "line" }, make$6("h1", { dir: "auto" }, document.title), count, make$4()), make$6("search", { class: "line" }, search, ...chips.size === 0 ? [] : [filter], ...models.length > 1 ? [model] : [], ...entries.length > 1 ? [order] : [])),
			tell: (shown) => {
				const all = entries.length;
				const files = all === 1 ? "file" : "files";
				count.replaceChildren(shown === all ? \`\${number(all)} \${files}\` : \`\${number(shown)} of \${number(all)}\`);
			},
			begin: () => pick(before["kind"] ?? ""),
			clear: () => {
				search.value = "";
				model.selectedIndex = 0;
				pick("");
				search.focus();
			}
		};
	};
	// packages/node/src/gallery/internal/Href.ts
	const of = (path) => \`./\${path.toWellFormed().split("/").map(encodeURIComponent).join("/")}\`;
	// packages/node/src/gallery/internal/Kinds.ts
	const kinds = new Map(Object.entries({
		image: "png jpg jpeg jfif webp gif avif svg bmp ico apng tif tiff heic heif psd tga",
		"image-hdr": "hdr exr",
		video: "mp4 m4v mov webm mkv avi ogv",
		audio: "wav mp3 m4a aac ogg oga opus flac",
		"3d": "glb gltf obj mtl fbx usdz usd stl ply splat spz",
		document: "pdf txt md html htm csv doc docx",
		json: "json jsonl ndjson"
	}).flatMap(([kind, names]) => names.split(" ").map((name) => [name, kind])));
	const extensionOf = (path) => /[^/]\\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
	const kindOf = (path) => kinds.get(extensionOf(path));
	const unshown = new Set("tif tiff heic heif psd tga hdr exr".split(" "));
	const displayOf = (file) => {
		const extension = extensionOf(file.path);
		const kind = kinds.get(extension) ?? /^(image|video|audio)\\//.exec(file.mimeType ?? "")?.[1] ?? file.kind;
		if (kind === "image" && !unshown.has(extension)) return "picture";
		return kind === "video" || kind === "audio" ? kind : "card";
	};
	// packages/node/src/gallery/page/Entries.ts
	const read = (json) => {
		const list = JSON.parse(json);
		return Array.isArray(list) ? list.map((value) => entryOf(itemOf(value))) : [];
	};
	const itemOf = (value) => {
		const fields = new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
		const text = (name) => {
			const field = fields.get(name);
			return typeof field === "string" && field !== "" ? field : void 0;
		};
		const bytes = fields.get("bytes");
		const tags = fields.get("tags");
		return {
			path: text("path") ?? "",
			name: text("name"),
			bytes: typeof bytes === "number" ? bytes : void 0,
			id: text("id"),
			kind: text("kind"),
			mimeType: text("mimeType"),
			prompt: text("prompt"),
			negativePrompt: text("negativePrompt"),
			seed: text("seed"),
			modelId: text("modelId"),
			createdAt: text("createdAt"),
			tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : []
		};
	};
	const entryOf = (item) => {
		const time = Date.parse(item.createdAt ?? "");
		const kind = item.kind ?? kindOf(item.path) ?? "other";
		let haystack;
		return {
			item,
			href: of(item.path),
			kind,
			display: displayOf(item),
			fileName: item.path.slice(item.path.lastIndexOf("/") + 1),
			label: oneLine(extensionOf(item.path).slice(0, 8) || kind).toUpperCase(),
			time: Number.isNaN(time) ? void 0 : time,
			haystack: () => haystack ??= searched(item)
		};
	};
	const searched = (item) => folded$1([
		item.prompt,
		item.negativePrompt,
		item.path,
		item.name,
		item.modelId,
		item.seed,
		item.id,
		...item.tags ?? []
	].join("\\n"));
	const make$2 = (entry, open) => {
		const title = make$6("b", { dir: "auto" }, titleOf(entry));
		const summary = make$6("small", {}, summaryOf(entry));
		const button = make$6("button", {
			type: "button",
			class: "open",
			"aria-haspopup": "dialog"
		}, title, summary);
		button.addEventListener("click", open);
		return make$6("li", { class: "card" }, face(entry, ""), button);
	};
	const face = (entry, alt) => {
		const box = make$6("div", { class: "face" });
		if (entry.display === "picture") {
			const image = make$6("img", {
				alt,
				loading: "lazy",
				decoding: "async",
				draggable: "false"
			});
			load(box, image, entry);
		} else label(box, entry, kindOf$1(entry.kind));
		return box;
	};
	const addPlayer = (box, entry, preload) => {
		if (box === null || box.hasAttribute("data-has-player")) return;
		if (entry.display !== "video" && entry.display !== "audio") return;
		box.setAttribute("data-has-player", "");
		const wanted = entry.display === "video" ? "metadata" : preload;
		const player = make$6(entry.display, {
			controls: "",
			preload: wanted,
			"aria-label": titleOf(entry)
		});
		if (entry.display === "video") {
			player.setAttribute("playsinline", "");
			box.removeAttribute("data-label");
			box.removeAttribute("data-note");
		}
		load(box, player, entry);
	};
	const load = (box, media, entry) => {
		media.addEventListener("error", () => {
			media.remove();
			label(box, entry, "Cannot be shown");
		});
		media.setAttribute("src", entry.href);
		box.append(media);
	};
	const label = (box, entry, note) => {
		box.setAttribute("data-label", entry.label);
		box.setAttribute("data-note", note);
	};
	// packages/node/src/gallery/page/Grid.ts
	const budget = 300;
	const gap = 16;
	const rest = 150;
	const textHeight = (lines) => 3.9375 + 1.0625 * lines;
	const shapeOf = (width, height, below) => {
		const smallest = width < 560 ? 150 : 210;
		const shape = (columns) => {
			const card = Math.floor((width - gap * (columns - 1)) / columns);
			return {
				columns,
				width: card,
				row: card + below + gap
			};
		};
		let found = shape(Math.max(1, Math.floor((width + gap) / (smallest + gap))));
		const isTooMany = ({ columns, row }) => columns * (Math.ceil(height / row) + 3) * 9 > budget;
		while (found.columns > 1 && isTooMany(found)) found = shape(found.columns - 1);
		return found;
	};
	const make$1 = (list, lines, open) => {
		let entries = [];
		let shape = {
			columns: 1,
			width: 1,
			row: 1
		};
		let width = 0;
		let top = 0;
		const cards = new Map();
		const place = (element, index) => {
			const column = index % shape.columns;
			const row = Math.floor(index / shape.columns);
			element.style.transform = \`translate(\${column * (shape.width + gap)}px, \${row * shape.row}px)\`;
			element.setAttribute("aria-posinset", String(index + 1));
			element.setAttribute("aria-setsize", String(entries.length));
		};
		const isBusy = (element) => {
			const player = element.querySelector("audio, video");
			return element.contains(document.activeElement) || player?.paused === false;
		};
		let resting;
		const settle = () => {
			for (const [entry, { element }] of cards) addPlayer(element.querySelector(".face"), entry, "none");
		};
		const render = () => {
			clearTimeout(resting);
			resting = setTimeout(settle, rest);
			const above = scrollY - top;
			const from = Math.max(0, Math.floor(above / shape.row) - 1) * shape.columns;
			const to = Math.min(entries.length, (Math.floor((above + innerHeight) / shape.row) + 2) * shape.columns);
			const isSeen = (index) => index >= from && index < to;
			for (const [entry, { element, index }] of cards) {
				if (isSeen(index) || index !== -1 && isBusy(element)) continue;
				element.remove();
				cards.delete(entry);
			}
			for (let index = from; index < to; index++) {
				const entry = entries[index];
				if (entry === void 0 || cards.has(entry)) continue;
				const element = make$2(entry, () => open(cards.get(entry)?.index ?? 0));
				place(element, index);
				cards.set(entry, {
					element,
					index
				});
			}
			for (const [at, { element }] of [...cards.values()].toSorted((a, b) => a.index - b.index).entries()) {
				const there = list.children[at] ?? null;
				if (there !== element) list.insertBefore(element, there);
			}
		};
		const layout = () => {
			const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
			const old = shape;
			top = list.getBoundingClientRect().top + scrollY;
			const above = scrollY - top;
			width = list.clientWidth;
			shape = shapeOf(width, innerHeight, Math.round(textHeight(lines) * rem));
			list.style.setProperty("--width", \`\${shape.width}px\`);
			list.style.setProperty("--height", \`\${shape.row - gap}px\`);
			list.style.height = \`\${Math.max(0, Math.ceil(entries.length / shape.columns) * shape.row - gap)}px\`;
			for (const { element, index } of cards.values()) if (index !== -1) place(element, index);
			if (above > 0 && old.row > 1 && old.columns !== shape.columns) {
				const row = Math.floor(Math.floor(above / old.row) * old.columns / shape.columns);
				scrollTo({ top: top + row * shape.row + above % old.row });
			}
			render();
		};
		let isPlanned = false;
		const renderSoon = () => {
			if (isPlanned) return;
			isPlanned = true;
			requestAnimationFrame(() => {
				isPlanned = false;
				render();
			});
		};
		addEventListener("scroll", renderSoon, { passive: true });
		addEventListener("resize", layout);
		new ResizeObserver(() => {
			if (list.clientWidth !== width) layout();
		}).observe(list);
		const focus = (index) => {
			const start = top + Math.floor(index / shape.columns) * shape.row;
			const bar = document.querySelector("header")?.offsetHeight ?? 0;
			if (start < scrollY + bar + gap) scrollTo({ top: start - bar - gap });
			else if (start + shape.row > scrollY + innerHeight) scrollTo({ top: start + shape.row - innerHeight });
			render();
			const entry = entries[index];
			(entry && cards.get(entry))?.element.querySelector(".open")?.focus({ preventScroll: true });
		};
		list.addEventListener("keydown", (event) => {
			if (!(event.target instanceof HTMLButtonElement)) return;
			const step = {
				ArrowLeft: -1,
				ArrowRight: 1,
				ArrowUp: -shape.columns,
				ArrowDown: shape.columns,
				Home: -Infinity,
				End: Infinity
			}[event.key];
			if (step === void 0 || event.ctrlKey || event.metaKey || event.altKey) return;
			event.preventDefault();
			const at = [...cards.values()].find(({ element }) => element.contains(document.activeElement))?.index ?? 0;
			const next = Math.min(entries.length - 1, Math.max(0, at + step));
			if (Math.abs(step) === 1 || !Number.isFinite(step) || next === at + step) focus(next);
		});
		const show = (shown) => {
			entries = shown;
			for (const card of cards.values()) card.index = -1;
			for (const [index, entry] of entries.entries()) {
				const card = cards.get(entry);
				if (card !== void 0) card.index = index;
			}
			if (scrollY > 0) scrollTo({ top: 0 });
			layout();
		};
		return {
			show,
			focus
		};
	};
	// packages/node/src/gallery/page/Viewer.ts
	const copied = (text) => text.replaceAll(/(?![\\n\\t])\\p{Cc}/gu, "");
	const make = (onClose) => {
		let entries = [];
		let at = 0;
		const place = make$6("span", {
			class: "place",
			"aria-live": "polite"
		});
		const status = make$6("span", {
			class: "status",
			role: "status"
		});
		const stage = make$6("div", { class: "stage" });
		const details = make$6("div", { class: "details" });
		const previous = icon("Previous file", "previous", () => go(at - 1));
		const next = icon("Next file", "next", () => go(at + 1));
		const close = icon("Close", "close", () => dialog.close());
		const bar = make$6("div", { class: "bar" }, place, status, previous, next, close);
		const dialog = make$6("dialog", {
			class: "viewer",
			tabindex: "-1"
		}, bar, stage, details);
		const copy = (text, shown) => {
			const done = (words) => status.replaceChildren(words);
			const select = () => {
				getSelection()?.selectAllChildren(shown);
				done("Press Ctrl+C to copy");
			};
			if (!("clipboard" in navigator)) return select();
			navigator.clipboard.writeText(copied(text)).then(() => done("Copied"), select);
		};
		const facts = (entry) => {
			const { item } = entry;
			return [
				["Name", item.name],
				["File", item.path],
				["Type", item.mimeType ?? kindOf$1(entry.kind)],
				["Size", item.bytes === void 0 ? void 0 : \`\${size(item.bytes)} (\${number(item.bytes)} bytes)\`],
				["Created", moment(entry)],
				["Model", item.modelId],
				["Seed", item.seed],
				["Tags", item.tags?.length === 0 ? void 0 : item.tags?.join(", ")],
				["Id", item.id]
			];
		};
		const describe = (entry) => {
			const { item } = entry;
			const prompt = make$6("p", {
				class: "prompt",
				dir: "auto"
			}, visible(item.prompt ?? ""));
			const negative = make$6("p", {
				class: "prompt",
				dir: "auto"
			}, visible(item.negativePrompt ?? ""));
			const link = make$6("a", {
				href: entry.href,
				target: "_blank",
				rel: "noopener noreferrer"
			}, "Open the file");
			const list = facts(entry).flatMap(([name, value]) => value === void 0 ? [] : [make$6("dt", {}, name), make$6("dd", { dir: "auto" }, beginning(value, 2e3))]);
			const { prompt: text } = item;
			return [
				...text === void 0 ? [make$6("h2", { dir: "auto" }, titleOf(entry))] : [make$6("h2", {}, "Prompt"), prompt],
				...item.negativePrompt === void 0 ? [] : [make$6("h2", {}, "Negative prompt"), negative],
				make$6("div", { class: "actions" }, ...text === void 0 ? [] : [button("Copy prompt", "", () => copy(text, prompt))], link),
				make$6("dl", {}, ...list)
			];
		};
		const go = (index) => {
			const entry = entries[index];
			if (entry === void 0) return;
			at = index;
			place.replaceChildren(\`\${number(index + 1)} of \${number(entries.length)}\`);
			status.replaceChildren();
			const face$1 = face(entry, titleOf(entry));
			addPlayer(face$1, entry, "metadata");
			stage.replaceChildren(face$1);
			details.replaceChildren(...describe(entry));
			details.scrollTop = 0;
			dialog.setAttribute("aria-label", titleOf(entry));
			previous.setAttribute("aria-disabled", String(index === 0));
			next.setAttribute("aria-disabled", String(index === entries.length - 1));
		};
		dialog.addEventListener("keydown", (event) => {
			if (event.target instanceof HTMLMediaElement || event.ctrlKey || event.metaKey || event.altKey) return;
			const target = {
				ArrowLeft: at - 1,
				ArrowRight: at + 1,
				Home: 0,
				End: entries.length - 1
			}[event.key];
			if (target === void 0) return;
			event.preventDefault();
			go(target);
		});
		dialog.addEventListener("click", (event) => {
			if (event.target === dialog) dialog.close();
		});
		dialog.addEventListener("close", () => {
			stage.replaceChildren();
			details.replaceChildren();
			onClose(at);
		});
		const open = (shown, index) => {
			entries = shown;
			go(index);
			dialog.showModal();
			dialog.focus();
		};
		return {
			dialog,
			open
		};
	};
	// packages/node/src/gallery/page/Main.ts
	const entries = read(document.querySelector("#items")?.textContent ?? "[]");
	const select = make$5(entries);
	let shown = [];
	const list = make$6("ul", {
		class: "grid",
		role: "list",
		"aria-label": "Files"
	});
	const grid = make$1(list, entries.some(({ item }) => item.seed !== void 0) ? 3 : 2, (index) => viewer.open(shown, index));
	const viewer = make((index) => grid.focus(index));
	const controls = make$3(entries, (choice) => {
		shown = select(choice);
		controls.tell(shown.length);
		nothing.hidden = shown.length > 0;
		grid.show(shown);
	});
	const nothing = make$6("div", { class: "nothing" }, ...entries.length === 0 ? [make$6("p", {}, "There are no files here yet.")] : [make$6("p", {}, "No files match this search."), button("Clear search and filters", "", () => controls.clear())]);
	document.addEventListener("play", ({ target }) => {
		for (const player of document.querySelectorAll("audio, video")) if (player !== target) player.pause();
	}, { capture: true });
	document.body.append(controls.header, make$6("main", {}, list, nothing), viewer.dialog);
	controls.begin();
	let folded = 0;
	const foldSome = () => {
		const end = Math.min(entries.length, folded + 250);
		for (; folded < end; folded++) entries[folded]?.haystack();
		if (folded < entries.length) setTimeout(foldSome, 20);
	};
	setTimeout(foldSome, 200);
})();
`

/** The style of the page. */
export const style: string = `/* Colours are pairs, for light and for dark; \`color-scheme\` says which of them. */
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f6f4, #131315);
  --raised: light-dark(#ffffff, #1d1d20);
  --sunken: light-dark(#ebebe8, #0c0c0e);
  --line: light-dark(#dcdcd7, #303036);
  --text: light-dark(#1b1b1f, #ececef);
  --quiet: light-dark(#5f5f68, #a0a0ab);
  --accent: light-dark(#4a3fd0, #a79dff);
  --on-accent: light-dark(#ffffff, #16132e);
  --shadow: light-dark(rgb(30 30 45 / 12%), rgb(0 0 0 / 50%));
  font:
    16px/1.4 system-ui,
    -apple-system,
    "Segoe UI",
    Roboto,
    "Noto Sans",
    sans-serif;
  overflow-y: scroll;
}
:root[data-theme="light"] {
  color-scheme: light;
}
:root[data-theme="dark"] {
  color-scheme: dark;
}
* {
  box-sizing: border-box;
}
[hidden] {
  display: none !important;
}
body {
  margin: 0;
  background: var(--ground);
  color: var(--text);
}
:focus-visible {
  outline: 3px solid var(--accent);
  outline-offset: 2px;
}
button,
input,
select {
  font: inherit;
  color: inherit;
}
button {
  cursor: pointer;
}
noscript {
  display: block;
  padding: 2rem;
}

/* The bar at the top */
header {
  position: sticky;
  top: 0;
  z-index: 2;
  display: grid;
  gap: 0.75rem;
  padding: 0.875rem clamp(0.75rem, 3vw, 2rem);
  background: var(--ground);
  border-bottom: 1px solid var(--line);
}
.line {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.625rem;
  min-width: 0;
}
header > .line:first-child {
  flex-wrap: nowrap;
}
h1 {
  margin: 0;
  font-size: 1.25rem;
  font-weight: 650;
  letter-spacing: -0.01em;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}
.count {
  flex: 1;
  color: var(--quiet);
  font-size: 0.9375rem;
  font-variant-numeric: tabular-nums;
  white-space: nowrap;
}
input[type="search"],
select,
.chip,
.actions > *,
.nothing button {
  height: 2.25rem;
  border: 1px solid var(--line);
  border-radius: 0.625rem;
  background: var(--raised);
  padding: 0 0.75rem;
}
input[type="search"] {
  flex: 1 1 16rem;
  min-width: 0;
}
input::placeholder {
  color: var(--quiet);
  opacity: 1;
}
select {
  max-width: 12rem;
  min-width: 0;
  text-overflow: ellipsis;
}
.chips {
  display: flex;
  gap: 0.375rem;
  min-width: 0;
  overflow-x: auto;
  scrollbar-width: none;
  /* Room for the outline of what is focused. */
  padding: 5px;
  margin: -5px;
}
.chip {
  flex: none;
  border-radius: 2rem;
  font-size: 0.9375rem;
}
.chip[aria-pressed="true"] {
  background: var(--accent);
  border-color: var(--accent);
  color: var(--on-accent);
}
.chip[aria-pressed="false"]:hover,
.actions > *:hover,
.nothing button:hover {
  border-color: var(--accent);
}

/* Buttons that are drawn */
.icon {
  flex: none;
  display: grid;
  place-items: center;
  width: 2.25rem;
  height: 2.25rem;
  padding: 0;
  border: 0;
  border-radius: 50%;
  background: transparent;
}
.icon:hover {
  background: var(--sunken);
}
.icon[aria-disabled="true"] {
  opacity: 0.3;
  cursor: default;
}
.icon::before {
  content: "";
  width: 0.625rem;
  height: 0.625rem;
  border: solid currentColor;
  border-width: 2px 2px 0 0;
}
.theme::before {
  width: 1.125rem;
  height: 1.125rem;
  border-width: 2px;
  border-radius: 50%;
  background: linear-gradient(90deg, currentColor 50%, transparent 50%);
}
.next::before {
  transform: translateX(-2px) rotate(45deg);
}
.previous::before {
  transform: translateX(2px) rotate(-135deg);
}
.close::before {
  width: 1.125rem;
  height: 1.125rem;
  border: 0;
  background:
    linear-gradient(currentColor, currentColor) center / 100% 2px no-repeat,
    linear-gradient(currentColor, currentColor) center / 2px 100% no-repeat;
  transform: rotate(45deg);
}

/* The cards */
main {
  padding: 1.25rem clamp(0.75rem, 3vw, 2rem) 2.5rem;
}
.grid {
  position: relative;
  margin: 0;
  padding: 0;
  list-style: none;
}
.card {
  position: absolute;
  top: 0;
  left: 0;
  width: var(--width);
  height: var(--height);
  display: flex;
  flex-direction: column;
  overflow: hidden;
  contain: strict;
  border-radius: 0.75rem;
  background: var(--raised);
  box-shadow: inset 0 0 0 1px var(--line);
}
.card:has(.open:hover) {
  background: color-mix(in srgb, var(--accent) 8%, var(--raised));
}
.card:has(.open:focus-visible) {
  outline: 3px solid var(--accent);
  outline-offset: 2px;
}
.face {
  position: relative;
  display: grid;
  place-items: center;
  min-height: 0;
  overflow: hidden;
  background: var(--sunken);
}
.card .face {
  flex: none;
  width: var(--width);
  height: var(--width);
  box-shadow: inset 0 0 0 1px var(--line);
}
.face img,
.face video {
  width: 100%;
  height: 100%;
  object-fit: contain;
}
.face audio {
  position: absolute;
  inset: auto 0.5rem 0.5rem;
  width: calc(100% - 1rem);
  height: 2.5rem;
}
.face[data-label] {
  background: linear-gradient(
    155deg,
    color-mix(in srgb, var(--accent) 26%, var(--sunken)),
    color-mix(in srgb, var(--accent) 6%, var(--sunken))
  );
}
.face[data-label]::before {
  content: attr(data-label);
  align-self: end;
  font-size: clamp(1.5rem, 3vw, 2.25rem);
  font-weight: 700;
  letter-spacing: 0.02em;
}
.face[data-label]::after {
  content: attr(data-note);
  align-self: start;
  color: var(--quiet);
  font-size: 0.875rem;
}
/* The whole card is the button, but for the player, which lies above it. */
.open {
  flex: 1;
  display: flex;
  flex-direction: column;
  min-width: 0;
  min-height: 0;
  padding: 0.625rem 0.75rem;
  border: 0;
  background: none;
  text-align: start;
  outline: none;
}
.open::after {
  content: "";
  position: absolute;
  inset: 0;
}
.card audio,
.card video {
  z-index: 1;
}
.open b {
  display: -webkit-box;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 2;
  line-clamp: 2;
  overflow: hidden;
  overflow-wrap: anywhere;
  flex: none;
  font-size: 0.875rem;
  font-weight: 550;
  line-height: 1.1875rem;
}
.open small {
  margin-top: 0.25rem;
  max-width: 100%;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: pre;
  color: var(--quiet);
  font-size: 0.75rem;
  line-height: 1.0625rem;
  font-variant-numeric: tabular-nums;
}
.nothing {
  padding: 20vh 1rem;
  text-align: center;
  color: var(--quiet);
}

/* One file, large */
.viewer {
  width: min(80rem, 100vw - 2rem);
  height: min(60rem, 100dvh - 2rem);
  max-width: none;
  max-height: none;
  padding: 0;
  border: 0;
  border-radius: 1rem;
  overflow: hidden;
  background: var(--raised);
  color: var(--text);
  box-shadow: 0 20px 60px var(--shadow);
  outline: none;
}
.viewer[open] {
  display: grid;
  grid: auto minmax(0, 1fr) / minmax(0, 1fr) 22rem;
}
/* What is behind stays where it is, and as wide as it is. */
:root:has(.viewer[open]) {
  overflow-y: hidden;
  scrollbar-gutter: stable;
}
.viewer::backdrop {
  background: rgb(10 10 14 / 70%);
}
.bar {
  grid-column: 1 / -1;
  display: flex;
  align-items: center;
  gap: 0.25rem;
  padding: 0.5rem 0.625rem 0.5rem 1.125rem;
  border-bottom: 1px solid var(--line);
  font-variant-numeric: tabular-nums;
}
.status {
  flex: 1;
  padding-inline: 0.75rem;
  color: var(--accent);
}
.stage {
  display: grid;
  min-height: 0;
  background: var(--sunken);
}
.stage img {
  position: absolute;
  inset: 0;
}
.details {
  overflow: auto;
  padding: 1.125rem;
  border-inline-start: 1px solid var(--line);
}
.details h2 {
  margin: 0 0 0.375rem;
  font-size: 0.8125rem;
  font-weight: 600;
  color: var(--quiet);
  overflow-wrap: anywhere;
}
.details h2[dir] {
  margin-bottom: 0.875rem;
  font-size: 1rem;
  color: var(--text);
}
.prompt {
  margin: 0 0 1.125rem;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
.actions {
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem;
  margin: 0.25rem 0 1.125rem;
}
.actions a {
  display: inline-flex;
  align-items: center;
  color: inherit;
  text-decoration: none;
}
dl {
  display: grid;
  grid-template-columns: auto minmax(0, 1fr);
  gap: 0.5rem 1rem;
  margin: 0;
  font-size: 0.875rem;
}
dt {
  color: var(--quiet);
}
dd {
  margin: 0;
  overflow-wrap: anywhere;
}

@media (max-width: 48rem) {
  header {
    /* On a phone it would take a quarter of the screen. */
    position: static;
    gap: 0.625rem;
    padding-block: 0.625rem;
  }
  input[type="search"],
  .chips {
    flex: 1 0 100%;
  }
  select {
    flex: 1 1 8rem;
    max-width: none;
  }
  .open {
    padding-inline: 0.625rem;
  }
  .viewer {
    width: 100vw;
    height: 100dvh;
    border-radius: 0;
  }
  .viewer[open] {
    grid: auto minmax(0, 55dvh) minmax(0, 1fr) / minmax(0, 1fr);
  }
  .details {
    border: 0;
  }
}
@media (forced-colors: active) {
  .chip[aria-pressed="true"] {
    forced-color-adjust: none;
  }
  .card {
    border: 1px solid;
  }
}
`
