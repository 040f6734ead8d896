//! Log lines: one a line on stderr, as text or as JSON. docs/operating.md lists every event with its fields.

use clap::ValueEnum;
use std::io::IsTerminal;
use std::panic::PanicHookInfo;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// What is logged where `RUST_LOG` says nothing else.
const USUAL: &str = "warn,unstuck=info";

/// How a log line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// One JSON object a line, for machines
    Json,
}

/// `RUST_LOG` says how much.
pub fn to_stderr(format: Format) {
    let asked = std::env::var("RUST_LOG").ok().filter(|asked| !asked.trim().is_empty());
    let filter = EnvFilter::try_new(asked.as_deref().unwrap_or(USUAL));
    let unread = filter.is_err();
    // Colours are for a terminal; a file of lines is read by programs too.
    let colours = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match format {
        Format::Text => lines.boxed(),
        Format::Json => lines.json().flatten_event(true).boxed(),
    };
    // The filters are the whole log's, not the layer's: a layer's own refusal is remembered by the thread, and where somebody only
    // asks whether a line would be shown, as sqlx does for each statement, the next line would be lost for it.
    let filter = filter.unwrap_or_else(|_| EnvFilter::new(USUAL));
    // That somebody set it before is as good.
    let _ = Registry::default().with(lines).with(filter).with(filter_fn(may_be_shown)).try_init();
    std::panic::set_hook(Box::new(panicked));
    if unread {
        tracing::warn!(
            event = "rust_log_unreadable",
            used = USUAL,
            "RUST_LOG cannot be read, so the usual filter is used"
        );
    }
}

/// Whatever `RUST_LOG` asks for: the debug lines of the libraries below us may hold what people wrote.
fn may_be_shown(line: &Metadata<'_>) -> bool {
    line.target().starts_with("unstuck") || *line.level() <= Level::INFO
}

/// Its place and never its words, which may quote what somebody wrote.
fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(event = "panicked", place, "a bug");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("the page").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_is_one_line_with_its_place_and_without_its_words() {
        let page = Page::default();
        let writer = page.clone();
        let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(panicked));
        let caught = tracing::subscriber::with_default(Registry::default().with(lines), || {
            std::panic::catch_unwind(|| panic!("zebra47 refund"))
        });
        std::panic::set_hook(before);
        assert!(caught.is_err());
        let page = String::from_utf8(page.0.lock().expect("the page").clone()).expect("text");
        assert!(page.lines().count() == 1 && page.contains("event=\"panicked\""), "{page}");
        assert!(page.contains("src/server/log.rs:") && !page.contains("zebra47"), "{page}");
    }
}
