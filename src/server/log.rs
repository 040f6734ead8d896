//! Log lines: one a line on stderr, as text or as JSON. docs/operating.md lists every event with its fields.

use clap::ValueEnum;
use std::io::IsTerminal;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

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
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,unstuck=info"));
    // Colours are for a terminal; a file of lines is read by programs too.
    let colours = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match format {
        Format::Text => lines.boxed(),
        Format::Json => lines.json().flatten_event(true).boxed(),
    };
    // That somebody set it before is as good.
    let _ = Registry::default().with(lines.with_filter(filter).with_filter(filter_fn(may_be_shown))).try_init();
}

/// Whatever `RUST_LOG` asks for: the debug lines of the libraries below us may hold what people wrote.
fn may_be_shown(line: &Metadata<'_>) -> bool {
    line.target().starts_with("unstuck") || *line.level() <= Level::INFO
}
