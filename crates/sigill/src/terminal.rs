//! What people see and are asked: prompts on the terminal itself, notes and progress on standard error.
//!
//! A prompt never reads standard input, which may carry content, and never writes to standard output,
//! which carries results. Text from elsewhere is made harmless before a terminal gets it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::failure::{Code, Failure};

/// The longest line that is read from anywhere.
pub(crate) const LINE: usize = 16 * 1024;
/// Less than this is done before anybody could read how far it is.
const LONG_WORK: u64 = 4 * 1024 * 1024;

/// Whether somebody sits at standard input.
pub(crate) fn is_asked() -> bool {
    io::stdin().is_terminal()
}

/// Whether somebody sits at standard error.
pub(crate) fn is_told() -> bool {
    io::stderr().is_terminal()
}

/// Says something to people.
pub(crate) fn note(text: &str) {
    // Nobody is left to tell when standard error is closed.
    drop(writeln!(io::stderr(), "{text}"));
}

/// Asks for something that nobody else should read from the screen. The error's text names `what`.
pub(crate) fn ask_hidden(what: &str) -> Result<Zeroizing<String>, Failure> {
    let prompt = format!("{what}: ");
    rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|_| no_terminal(what))
}

/// Asks for something that may be seen.
pub(crate) fn ask_shown(what: &str) -> Result<Zeroizing<String>, Failure> {
    let tty = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let mut tty: File = tty.map_err(|_| no_terminal(what))?;
    write!(tty, "{what}: ").map_err(|_| no_terminal(what))?;
    let mut line = Zeroizing::new(String::with_capacity(LINE));
    BufReader::new(tty).read_line(&mut line).map_err(|_| no_terminal(what))?;
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Lets the terminal show again what is typed, in case a hidden question was interrupted.
pub(crate) fn show_typing() {
    let Ok(tty) = OpenOptions::new().read(true).write(true).open("/dev/tty") else { return };
    if let Ok(mut modes) = tcgetattr(&tty) {
        modes.local_modes |= LocalModes::ECHO | LocalModes::ICANON;
        // A terminal that is gone needs nothing.
        let _gone = tcsetattr(&tty, OptionalActions::Now, &modes);
    }
}

fn no_terminal(what: &str) -> Failure {
    Failure::new(Code::Usage, format!("{what}: there is no terminal to ask on"))
}

/// Text from elsewhere, with nothing in it that a terminal would obey.
pub(crate) fn harmless(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    for c in text.chars() {
        if c == '\n' || c == '\t' || !is_control(c) {
            out.push(c);
        } else {
            out.extend(c.escape_unicode());
        }
    }
    out
}

/// The same on one line, for a sentence of ours: what is quoted must not look like another one.
pub(crate) fn one_line(text: &str) -> Zeroizing<String> {
    let mut line = harmless(text);
    if line.contains('\n') {
        line = Zeroizing::new(line.replace('\n', " "));
    }
    line
}

/// Whether `c` steers a terminal, hides, or turns the direction of what follows.
pub(crate) fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A time of the server's, for people: seconds are enough.
pub(crate) fn time(rfc3339: &str) -> String {
    let text = rfc3339.parse::<jiff::Timestamp>();
    text.map_or_else(|_| "?".to_owned(), |time| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// A number of bytes, for people.
pub(crate) fn bytes(count: u64) -> String {
    indicatif::BinaryBytes(count).to_string()
}

/// How far long work is: drawn on standard error when that is a terminal, and only then.
pub(crate) fn progress(what: &'static str, length: u64) -> ProgressBar {
    if length < LONG_WORK {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    let template =
        "{msg} {wide_bar} {binary_bytes}/{binary_total_bytes}  {binary_bytes_per_sec}  {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out() {
        assert_eq!(&**harmless("a\tb\nc \u{e4}"), "a\tb\nc \u{e4}");
        assert_eq!(&**harmless("\u{1b}[2J\r\u{202e}"), "\\u{1b}[2J\\u{d}\\u{202e}");
        assert_eq!(&**one_line("a\tb\n\u{1b}\nc"), "a\tb \\u{1b} c");
    }
}
