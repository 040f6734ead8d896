//! A headless Chromium for tests: enough of WebDriver to do what a person does on a page and to see what a person sees.
//! It speaks plain HTTP to a chromedriver of its own on a free port, so it needs no crate of its own.

// Each test binary that includes this file uses its own part of it.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Error, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long a page may take to show what a test waits for.
const PATIENCE: Duration = Duration::from_secs(15);

const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en-US",
];

/// Keys as WebDriver writes them.
pub mod key {
    pub const ENTER: &str = "\u{E007}";
    pub const ESCAPE: &str = "\u{E00C}";
    pub const TAB: &str = "\u{E004}";
    pub const SPACE: &str = " ";
    pub const UP: &str = "\u{E013}";
    pub const DOWN: &str = "\u{E015}";
    pub const SHIFT_ENTER: &str = "\u{E008}\u{E007}\u{E000}";
}

pub struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
}

impl Browser {
    /// A fresh profile with a window of 1280 by 800, on this page.
    pub async fn open(url: &str) -> Browser {
        let (driver, address) = start_driver().expect("chromedriver starts: run scripts/setup");
        let mut browser = Browser { driver, address, session: String::new() };
        let options = json!({"args": FLAGS});
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}});
        let session = browser.send("POST", "/session", wanted).await.expect("a Chromium");
        browser.session = session["sessionId"].as_str().expect("a session id").to_owned();
        browser.size(1280, 800).await;
        browser.goto(url).await;
        browser
    }

    pub async fn goto(&self, url: &str) {
        self.ask("POST", "/url", json!({"url": url})).await.expect("the page opens");
    }

    pub async fn url(&self) -> String {
        let url = self.ask("GET", "/url", Value::Null).await.expect("an address");
        url.as_str().unwrap_or_default().to_owned()
    }

    /// A window of this size; below 700 pixels it is a phone.
    pub async fn size(&self, width: u32, height: u32) {
        let mobile = width < 700;
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile});
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        self.devtools("Emulation.setTouchEmulationEnabled", json!({"enabled": mobile})).await;
    }

    pub async fn dark(&self, dark: bool) {
        let scheme = json!({"name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" }});
        self.devtools("Emulation.setEmulatedMedia", json!({"features": [scheme]})).await;
    }

    /// The browser's time zone, an IANA name.
    pub async fn zone(&self, name: &str) {
        self.devtools("Emulation.setTimezoneOverride", json!({"timezoneId": name})).await;
    }

    async fn devtools(&self, command: &str, params: Value) {
        let body = json!({"cmd": command, "params": params});
        self.ask("POST", "/goog/cdp/execute", body).await.unwrap_or_else(|error| panic!("{command}: {error}"));
    }

    /// Runs a script; `return` gives its answer.
    pub async fn script(&self, script: &str) -> Value {
        let body = json!({"script": script, "args": []});
        self.ask("POST", "/execute/sync", body).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Clicks the first visible element that this selector finds, once there is one.
    pub async fn click(&self, css: &str) {
        self.click_words(css, "").await;
    }

    /// The same where its words contain these.
    pub async fn click_words(&self, css: &str, words: &str) {
        self.until(&format!("click {css} {words:?}"), async || {
            let Some(id) = self.find(css, words).await? else { return Ok(None) };
            self.ask("POST", &format!("/element/{id}/click"), json!({})).await.map(Some)
        })
        .await;
    }

    /// Clicks into a box and types.
    pub async fn fill(&self, css: &str, text: &str) {
        self.until(&format!("type into {css}"), async || {
            let Some(id) = self.find(css, "").await? else { return Ok(None) };
            self.ask("POST", &format!("/element/{id}/value"), json!({"text": text})).await.map(Some)
        })
        .await;
    }

    /// Chooses an option of a select by its words.
    pub async fn choose(&self, css: &str, option: &str) {
        self.click_words(&format!("{css} option"), option).await;
    }

    /// Types at whatever holds the focus.
    pub async fn keys(&self, text: &str) {
        let active = self.ask("GET", "/element/active", Value::Null).await.expect("a focus");
        let id = element_id(&active).expect("an element");
        self.ask("POST", &format!("/element/{id}/value"), json!({"text": text})).await.expect("the keys go through");
    }

    /// Waits until a visible element that the selector finds contains these words, and returns all its words.
    pub async fn sees(&self, css: &str, words: &str) -> String {
        self.until(&format!("see {words:?} in {css}"), async || {
            let Some(id) = self.find(css, words).await? else { return Ok(None) };
            self.text_of(&id).await.map(Some)
        })
        .await
    }

    /// Waits until no visible element that the selector finds contains these words.
    pub async fn misses(&self, css: &str, words: &str) {
        self.until(&format!("no longer see {words:?} in {css}"), async || {
            Ok(self.find(css, words).await?.is_none().then_some(()))
        })
        .await;
    }

    /// Waits until a script's answer is true.
    pub async fn holds(&self, what: &str, script: &str) {
        self.until(what, async || Ok((self.script(script).await == true).then_some(()))).await;
    }

    pub async fn screenshot(&self, path: &Path) {
        let picture = self.ask("GET", "/screenshot", Value::Null).await.expect("a picture");
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).expect("a folder for pictures");
        }
        std::fs::write(path, base64(picture.as_str().expect("base64"))).expect("a picture");
    }

    /// A picture for the documentation: taken only where UNSTUCK_PICTURES names a folder for them.
    pub async fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("UNSTUCK_PICTURES") {
            self.screenshot(&Path::new(&folder).join(format!("{name}.png"))).await;
        }
    }

    async fn find(&self, css: &str, words: &str) -> Result<Option<String>> {
        let wanted = json!({"using": "css selector", "value": css});
        let found = self.ask("POST", "/elements", wanted).await?;
        for element in found.as_array().into_iter().flatten() {
            let Some(id) = element_id(element) else { continue };
            let shown = self.ask("GET", &format!("/element/{id}/displayed"), Value::Null).await? == true;
            if shown && (words.is_empty() || self.text_of(&id).await?.contains(words)) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    async fn text_of(&self, id: &str) -> Result<String> {
        let text = self.ask("GET", &format!("/element/{id}/text"), Value::Null).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Tries again until it is done: a page that changes below our hands makes single tries fail, and that is fine.
    async fn until<T>(&self, what: &str, attempt: impl AsyncFn() -> Result<Option<T>>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let why = match attempt().await {
                Ok(Some(done)) => return done,
                Ok(None) => String::new(),
                Err(error) => format!(" ({error})"),
            };
            if Instant::now() > deadline {
                let page = self.script("return document.body.innerText").await;
                panic!("could not {what}{why}; the page says:\n{}", page.as_str().unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }

    async fn ask(&self, method: &'static str, path: &str, body: Value) -> Result<Value> {
        self.send(method, &format!("/session/{}{path}", self.session), body).await
    }

    async fn send(&self, method: &'static str, path: &str, body: Value) -> Result<Value> {
        let (address, path) = (self.address, path.to_owned());
        tokio::task::spawn_blocking(move || request(address, method, &path, &body)).await.map_err(Error::other)?
    }
}

impl Drop for Browser {
    /// The session first, because chromedriver then ends its Chromium and clears the profile away.
    fn drop(&mut self) {
        let _ = request(self.address, "DELETE", &format!("/session/{}", self.session), &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// It picks a free port itself and says which.
fn start_driver() -> Result<(Child, SocketAddr)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut said = BufReader::new(driver.stdout.take().ok_or_else(|| Error::other("no output"))?);
    loop {
        let mut line = String::new();
        if said.read_line(&mut line)? == 0 {
            let _ = driver.wait();
            return Err(Error::other("chromedriver ended at once"));
        }
        let port = line
            .trim_end()
            .trim_end_matches('.')
            .rsplit_once("successfully on port ")
            .and_then(|(_, port)| port.parse::<u16>().ok());
        if let Some(port) = port {
            // Read on, or it would stop at a full pipe.
            std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
            return Ok((driver, SocketAddr::from(([127, 0, 0, 1], port))));
        }
    }
}

fn request(address: SocketAddr, method: &str, path: &str, body: &Value) -> Result<Value> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) =
            line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        {
            length = value.trim().parse().map_err(|_| Error::other(format!("a bad {name}")))?;
        }
    }
    let mut answer = vec![0; length];
    reader.read_exact(&mut answer)?;
    let mut answer: Value = serde_json::from_slice(&answer)?;
    match answer["value"]["error"].as_str() {
        Some(error) => {
            Err(Error::other(format!("{error}: {}", answer["value"]["message"].as_str().unwrap_or_default())))
        }
        None => Ok(answer["value"].take()),
    }
}

/// WebDriver names an element by an object with one entry.
fn element_id(element: &Value) -> Option<String> {
    element.as_object()?.values().next()?.as_str().map(str::to_owned)
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |letter: u8| match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let digits: Vec<u8> = text.bytes().filter_map(digit).collect();
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for group in digits.chunks(4) {
        let bits = group.iter().enumerate().fold(0_u32, |bits, (at, digit)| bits | u32::from(*digit) << (18 - 6 * at));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    bytes
}
