//! The page of `rdf graph --format html`, driven in a real browser: by `scripts/test`, where one is installed. Otherwise these
//! tests count as ignored.
//!
//! The browser speaks its protocol over two pipes: requests and events as JSON, each with a zero byte behind it.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// Names of browsers that understand the protocol.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

struct Browser {
    child: Child,
    requests: File,
    events: BufReader<File>,
    dir: PathBuf,
    next: u64,
    session: String,
    /// Addresses that were asked for.
    loaded: Vec<String>,
    /// What went wrong in scripts.
    faults: Vec<String>,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn installed(name: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|dir| dir.join(name).is_file())
}

impl Browser {
    /// A browser that shows `page`.
    fn open(name: &str, page: &str) -> Browser {
        let browser = BROWSERS.into_iter().find(|browser| installed(browser));
        let browser = browser.expect("no browser is installed");
        let dir = std::env::temp_dir().join(format!("rdf-page-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("page.html"), page).unwrap();
        let pipes = ["in", "out"].map(|pipe| dir.join(pipe));
        assert!(
            Command::new("mkfifo")
                .args(&pipes)
                .status()
                .unwrap()
                .success()
        );
        // The browser reads from file 3 and writes to file 4.
        let child = Command::new("sh")
            .arg("-c")
            .arg(
                "exec \"$1\" --headless=new --no-sandbox --disable-gpu --remote-debugging-pipe \
                 --window-size=1200,800 --user-data-dir=\"$2/profile\" about:blank 3<\"$2/in\" 4>\"$2/out\"",
            )
            .args(["sh", browser])
            .arg(&dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let requests = OpenOptions::new().write(true).open(&pipes[0]).unwrap();
        let events = BufReader::new(File::open(&pipes[1]).unwrap());
        let mut browser = Browser {
            child,
            requests,
            events,
            dir,
            next: 0,
            session: String::new(),
            loaded: Vec::new(),
            faults: Vec::new(),
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.call("Target.attachToTarget", attach);
        browser.session = attached["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Network", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        let url = format!("file://{}", browser.dir.join("page.html").display());
        browser.call("Page.navigate", json!({ "url": url }));
        while browser.js("document.readyState") != "complete" {}
        browser
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let mut request = json!({ "id": self.next, "method": method, "params": params });
        if !self.session.is_empty() {
            request["sessionId"] = json!(self.session);
        }
        write!(self.requests, "{request}\0").unwrap();
        loop {
            let mut message = Vec::new();
            self.events.read_until(0, &mut message).unwrap();
            assert_eq!(message.pop(), Some(0), "the browser is gone");
            let message: Value = serde_json::from_slice(&message).unwrap();
            if message["id"] == json!(self.next) {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].clone();
            }
            match message["method"].as_str().unwrap_or_default() {
                "Network.requestWillBeSent" => {
                    let url = message["params"]["request"]["url"].as_str().unwrap();
                    self.loaded.push(url.to_owned());
                }
                "Runtime.exceptionThrown" | "Log.entryAdded" => {
                    self.faults.push(message["params"].to_string());
                }
                _ => {}
            }
        }
    }

    /// The value of an expression.
    fn js(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true });
        let result = self.call("Runtime.evaluate", params);
        assert!(
            result["exceptionDetails"].is_null(),
            "{expression}: {result}"
        );
        result["result"]["value"].clone()
    }

    fn text(&mut self, expression: &str) -> String {
        self.js(expression).as_str().unwrap_or_default().to_owned()
    }

    fn number(&mut self, expression: &str) -> f64 {
        self.js(expression).as_f64().unwrap_or(f64::NAN)
    }

    fn mouse(&mut self, kind: &str, x: f64, y: f64, more: &Value) {
        let mut params = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
        for (key, value) in more.as_object().into_iter().flatten() {
            params[key] = value.clone();
        }
        self.call("Input.dispatchMouseEvent", params);
    }

    fn click(&mut self, x: f64, y: f64) {
        self.mouse("mousePressed", x, y, &json!({}));
        self.mouse("mouseReleased", x, y, &json!({}));
    }

    fn hover(&mut self, x: f64, y: f64) {
        self.mouse(
            "mouseMoved",
            x,
            y,
            &json!({ "button": "none", "clickCount": 0 }),
        );
    }

    fn key(&mut self, key: &str) {
        let text = match key {
            "Enter" => "\r",
            one if one.chars().count() == 1 => one,
            _ => "",
        };
        let code = json!({ "Enter": 13, "Escape": 27, "Tab": 9 })[key].clone();
        for kind in ["keyDown", "keyUp"] {
            let mut params = json!({ "type": kind, "key": key });
            if !code.is_null() {
                params["windowsVirtualKeyCode"] = code.clone();
            }
            if kind == "keyDown" && !text.is_empty() {
                params["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", params);
        }
    }

    /// The middle of the box of a node.
    fn node(&mut self, title: &str) -> (f64, f64) {
        let rect = format!(
            "(() => {{ const node = [...document.querySelectorAll('#view g.n')].find((it) => \
             it.getAttribute('aria-label').startsWith('{title},')); const box = \
             node.querySelector('.box').getBoundingClientRect(); \
             return [box.x + box.width - 6, box.y + box.height - 4]; }})()"
        );
        let at = self.js(&rect);
        (at[0].as_f64().unwrap(), at[1].as_f64().unwrap())
    }

    /// Titles of the nodes that are not faded.
    fn shown(&mut self) -> Vec<String> {
        let titles = self.js(
            "[...document.querySelectorAll('#view g.n:not(.off)')].map((it) => it.getAttribute('aria-label').split(',')[0])",
        );
        let titles = titles.as_array().unwrap().iter();
        titles.map(|it| it.as_str().unwrap().to_owned()).collect()
    }
}

const DOCKERFILE: &str = "FROM alpine:3.20 AS base\nRUN apk add </script>\nFROM base AS tools\nRUN make tools\n\
    FROM base AS app\nCOPY src /src\nRUN --mount=from=tools,target=/t make app\n\
    FROM base AS docs\nRUN make docs\nFROM scratch\nCOPY --from=app /out /\n";

/// The page that `rdf` makes of it.
fn page(name: &str) -> String {
    page_of(name, DOCKERFILE)
}

fn page_of(name: &str, dockerfile: &str) -> String {
    let dir = std::env::temp_dir().join(format!("rdf-page-of-{name}-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("Dockerfile"), dockerfile).unwrap();
    let page = rdf(&dir, &["graph", "--format", "html"]);
    fs::remove_dir_all(&dir).unwrap();
    page
}

fn rdf(dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rdf"))
        .args(arguments)
        .current_dir(dir)
        .env_clear()
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_page_is_one_file_that_names_no_other() {
    let page = page("file");
    assert!(page.contains("default-src 'none'"));
    // The namespace of SVG is not loaded.
    let addresses = page.replace("http://www.w3.org/2000/svg", "");
    for loading in ["http://", "https://", "src=", "href=", "@import", "url("] {
        assert!(!addresses.contains(loading), "{loading}");
    }
    // What is written in the Dockerfile ends no script.
    assert_eq!(page.matches("</script>").count(), 2);
    assert_eq!(page, self::page("file-again"), "equal files, equal bytes");
}

#[test]
#[ignore = "drives a browser"]
fn a_node_says_what_it_needs() {
    let mut browser = Browser::open("needs", &page("needs"));
    let all = browser.shown().len();
    let (x, y) = browser.node("app");
    browser.click(x, y);
    let mut shown = browser.shown();
    shown.sort();
    assert_eq!(
        shown,
        ["alpine:3.20", "app", "base", "build context", "tools"]
    );
    let panel = browser.text("document.getElementById('panel').innerText");
    for part in [
        "app",
        "Reads (3)",
        "Read by (1)",
        "COPY src /src",
        "sha256:",
        "line 6",
    ] {
        assert!(panel.contains(part), "{part}: {panel}");
    }
    // An edge to another node is faded, one that leads here is not.
    let lines = browser.js(
        "[...document.querySelectorAll('[data-piece]:not(.off)')].map((it) => it.dataset.says).join(';')",
    );
    let lines = lines.as_str().unwrap();
    assert!(
        lines.contains("tools → app") && !lines.contains("docs"),
        "{lines}"
    );
    // A node in the panel is chosen in its turn; a click beside all nodes takes it back.
    browser.js("[...document.querySelectorAll('#panel li button')].find((it) => it.textContent === 'tools').click()");
    assert_eq!(browser.shown().len(), 3);
    browser.click(4.0, 200.0);
    assert_eq!(browser.shown().len(), all);
    assert_eq!(browser.js("document.getElementById('panel').hidden"), true);
    assert_eq!(browser.faults, [] as [String; 0]);
    let foreign = browser
        .loaded
        .iter()
        .filter(|url| !url.starts_with("file:"));
    assert_eq!(foreign.collect::<Vec<_>>(), [] as [&String; 0]);
}

#[test]
#[ignore = "drives a browser"]
fn the_picture_is_moved_zoomed_and_explained_by_the_pointer() {
    let mut browser = Browser::open("pointer", &page("pointer"));
    let (x, y) = browser.node("tools");
    browser.hover(x, y);
    let tip = browser.text("document.getElementById('tip').innerText");
    assert!(
        tip.contains("tools") && tip.contains("RUN make tools"),
        "{tip}"
    );
    // The square of a step says which it is.
    let square = browser.js(
        "(() => { const box = [...document.querySelectorAll('#view g.n')].find((it) => \
         it.getAttribute('aria-label').startsWith('app,')).querySelectorAll('.s')[1].getBoundingClientRect(); \
         return [box.x + box.width / 2, box.y + box.height / 2]; })()",
    );
    browser.hover(square[0].as_f64().unwrap(), square[1].as_f64().unwrap());
    let tip = browser.text("document.getElementById('tip').innerText");
    assert!(tip.starts_with("line 7: RUN --mount=from=tools"), "{tip}");
    assert!(tip.contains("sha256:"), "{tip}");

    browser.mouse("mousePressed", 8.0, 300.0, &json!({}));
    browser.mouse("mouseMoved", 108.0, 260.0, &json!({ "buttons": 1 }));
    browser.mouse("mouseReleased", 108.0, 260.0, &json!({}));
    let moved = browser.node("tools");
    assert!(
        (moved.0 - x - 100.0).abs() < 1.0 && (moved.1 - y + 40.0).abs() < 1.0,
        "{moved:?}"
    );
    assert_eq!(
        browser.js("document.getElementById('panel').hidden"),
        true,
        "a drag chooses nothing"
    );

    // What is under the pointer stays there.
    let wheel = json!({ "deltaX": 0, "deltaY": -200, "button": "none", "clickCount": 0 });
    browser.mouse("mouseWheel", moved.0, moved.1, &wheel);
    let scale = "new DOMMatrix(getComputedStyle(document.getElementById('view')).transform).a";
    let mut zoomed = browser.number(scale);
    for _ in 0..200 {
        if zoomed > 1.3 {
            break;
        }
        zoomed = browser.number(scale);
    }
    let stayed = browser.node("tools");
    assert!(
        (stayed.0 - moved.0).abs() < 6.0 && (stayed.1 - moved.1).abs() < 6.0,
        "{stayed:?}"
    );
    assert_eq!(browser.faults, [] as [String; 0]);
}

#[test]
#[ignore = "drives a browser"]
fn a_large_picture_begins_at_its_target_and_fills_the_page() {
    let chain: String = (1..40)
        .map(|stage| format!("FROM s{} AS s{stage}\nRUN make\n", stage - 1))
        .collect();
    let dockerfile = format!("FROM alpine AS s0\n{chain}");
    let mut browser = Browser::open("large", &page_of("large", &dockerfile));
    // From the lower edge of the page's room to that of a box.
    let below = |browser: &mut Browser, stage: &str| {
        let (_, y) = browser.node(stage);
        browser.number("document.getElementById('picture').getBoundingClientRect().bottom") - y
    };
    let last = below(&mut browser, "s39");
    assert!((0.0..60.0).contains(&last), "{last}");
    // What is far from both ends comes to the middle.
    browser.key("/");
    for letter in "s20".chars() {
        browser.key(&letter.to_string());
    }
    let half = browser.number("document.getElementById('picture').clientHeight") / 2.0;
    let found = below(&mut browser, "s20");
    assert!((found - half).abs() < 40.0, "{found} of {half}");
    assert_eq!(browser.faults, [] as [String; 0]);
}

#[test]
#[ignore = "drives a browser"]
fn the_keyboard_is_enough() {
    let mut browser = Browser::open("keys", &page("keys"));
    let scale = "new DOMMatrix(getComputedStyle(document.getElementById('view')).transform).a";
    let before = browser.number(scale);
    browser.key("+");
    assert!(browser.number(scale) > before);
    browser.key("0");
    assert!((browser.number(scale) - before).abs() < 1e-9);

    browser.key("/");
    for letter in "make docs".chars() {
        browser.key(&letter.to_string());
    }
    assert_eq!(
        browser.text("document.getElementById('found').textContent"),
        "1 of 1"
    );
    assert_eq!(browser.js("document.querySelectorAll('.found').length"), 1);
    browser.key("Enter");
    let mut shown = browser.shown();
    shown.sort();
    assert_eq!(shown, ["alpine:3.20", "base", "docs"]);
    let focus = "document.activeElement.getAttribute('aria-label')";
    assert!(browser.text(focus).starts_with("docs, stage"));
    browser.key("Escape");
    assert!(browser.shown().len() > 3);
    // Nodes are reached one after the other, and chosen.
    browser.js("document.querySelector('g.n').focus()");
    assert!(browser.text(focus).starts_with("alpine:3.20,"));
    browser.key("Tab");
    assert!(browser.text(focus).starts_with("base,"));
    browser.key("Enter");
    assert_eq!(browser.shown().len(), 2);
    assert_eq!(browser.faults, [] as [String; 0]);
}

#[test]
#[ignore = "drives a browser"]
fn it_is_light_or_dark_as_the_reader_is_or_chooses() {
    let mut browser = Browser::open("theme", &page("theme"));
    let colours = "[getComputedStyle(document.body).backgroundColor, \
                   getComputedStyle(document.querySelector('.paper')).fill].join()";
    let seen: Vec<String> = ["light", "dark"]
        .iter()
        .map(|scheme| {
            let feature = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
            browser.call("Emulation.setEmulatedMedia", json!({ "features": feature }));
            browser.text(colours)
        })
        .collect();
    assert_eq!(seen[0], "rgb(255, 255, 255),rgb(255, 255, 255)");
    assert_eq!(seen[1], "rgb(13, 17, 23),rgb(13, 17, 23)");
    browser.key("t");
    assert_eq!(
        browser.text(colours),
        seen[0],
        "light, though the system is dark"
    );
    browser.key("t");
    assert_eq!(browser.text(colours), seen[1]);
    assert_eq!(browser.faults, [] as [String; 0]);
}
