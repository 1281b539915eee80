//! What came of it: a table for people, every number for programs, and the block of a document.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::figures::{MEASURES, Measure, Round, Spread, Target, Unit};
use crate::machine;
use crate::options::Options;
use crate::scenarios::Figures;
use crate::void::Void;

/// Between these two lines of a document the table stands.
const BEGIN: &str = "<!-- cargo xtask bench --record: begin -->";
const END: &str = "<!-- cargo xtask bench --record: end -->";
/// From which share of its time at work on the generator may be what was measured.
const BUSY: f64 = 0.9;

/// The report on all rounds.
pub(crate) struct Report<'a> {
    figures: &'a Figures,
    rows: Vec<Row>,
    span: f64,
}

struct Row {
    measure: &'static Measure,
    number: Spread,
    beside: Vec<(&'static str, Spread)>,
    generator: Option<f64>,
}

impl<'a> Report<'a> {
    /// Makes it.
    pub(crate) fn new(figures: &'a Figures, options: &Options) -> Result<Self, Void> {
        let rows: Vec<Row> =
            MEASURES.iter().filter_map(|measure| row(measure, &figures.rounds)).collect();
        if rows.is_empty() {
            return Err(Void::new("nothing was measured"));
        }
        Ok(Self { figures, rows, span: options.span.as_secs_f64() })
    }

    /// For people, and for Markdown.
    pub(crate) fn table(&self) -> String {
        let heads = ["what", "median", "min to max", "target", "beside the machine"];
        let mut lines = vec![heads.map(str::to_owned)];
        lines.extend(self.rows.iter().map(Row::cells));
        let width = |column: usize| {
            lines.iter().filter_map(|line| line.get(column)).map(String::len).max().unwrap_or(0)
        };
        let widths: [usize; 5] = std::array::from_fn(width);
        let mut table = String::new();
        for (number, line) in lines.iter().enumerate() {
            for (cell, width) in line.iter().zip(widths) {
                let _ = write!(table, "| {cell:<width$} ");
            }
            table.push_str("|\n");
            if number == 0 {
                for width in widths {
                    let _ = write!(table, "|-{:-<width$}-", "");
                }
                table.push_str("|\n");
            }
        }
        table.push('\n');
        table.push_str(&self.remarks());
        table
    }

    fn remarks(&self) -> String {
        let loads = self.figures.loads.iter();
        let load = loads.map(|load| format!("{load:.1}")).collect::<Vec<_>>().join(", ");
        let mut text = format!(
            "{} rounds, {:.1} s each load, {} ({} processors). Load of the machine as each round \
             began: {load}.",
            self.figures.rounds.len(),
            self.span,
            machine::model(),
            machine::processors(),
        );
        let busy = self.rows.iter().filter(|row| row.generator.is_some_and(|busy| busy >= BUSY));
        let busy: Vec<&str> = busy.map(|row| row.measure.key).collect();
        if !busy.is_empty() {
            let busy = busy.join(", ");
            let _ = write!(text, " The generator had no time left in {busy}: the truth is higher.");
        }
        if machine::pinned(0).is_empty() {
            text.push_str(" NOT PINNED: server and generator shared their processors.");
        }
        text
    }

    /// Every number, for programs.
    pub(crate) fn json(&self) -> String {
        let rows: Vec<Value> = self.rows.iter().map(|row| row.json(&self.figures.rounds)).collect();
        let loads = &self.figures.loads;
        let span = self.span;
        json!({ "seconds": span, "machine": machine::model(), "load": loads, "measures": rows })
            .to_string()
    }

    /// Puts the table between the two marks of the document at `path`.
    pub(crate) fn record(&self, path: &Path) -> Result<(), Void> {
        let text = fs::read_to_string(path)?;
        let replaced = replace(&text, &self.table())
            .ok_or_else(|| Void::new(format!("{} has no place for a table", path.display())))?;
        Ok(fs::write(path, replaced)?)
    }
}

/// `text` with `block` between its two marks.
fn replace(text: &str, block: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", block.trim_end()))
}

fn row(measure: &'static Measure, rounds: &[Round]) -> Option<Row> {
    let number = Spread::of(rounds, |round| round.get(measure.key))?;
    let beside = measure.beside.iter().filter_map(|key| {
        let ratio = |round: &Round| Some(round.get(measure.key)? / round.get(key)?);
        Some((*key, Spread::of(rounds, ratio)?))
    });
    let beside = beside.collect();
    let generator = format!("{}-generator", measure.key);
    let generator = Spread::of(rounds, |round| round.get(&generator)).map(|busy| busy.median);
    Some(Row { measure, number, beside, generator })
}

impl Row {
    fn cells(&self) -> [String; 5] {
        let Self { measure, number, beside, .. } = self;
        let unit = unit(measure.unit);
        let beside = beside.iter().map(|(key, ratio)| format!("{:.3} of {key}", ratio.median));
        let target = match (measure.target, self.met()) {
            (Target::None, _) => String::new(),
            (Target::AtLeast(least), true) => format!("{}: met", digits(least)),
            (Target::AtLeast(least), false) => format!("{}: MISSED", digits(least)),
            (Target::AtMost(most), true) => format!("{}: met", digits(most)),
            (Target::AtMost(most), false) => format!("{}: MISSED", digits(most)),
        };
        [
            measure.text.to_owned(),
            format!("{}{unit}", digits(number.median)),
            format!("{} to {}", digits(number.min), digits(number.max)),
            target,
            beside.collect::<Vec<_>>().join(", "),
        ]
    }

    fn met(&self) -> bool {
        match self.measure.target {
            Target::AtLeast(least) => self.number.median >= least,
            Target::AtMost(most) => self.number.median <= most,
            Target::None => true,
        }
    }

    fn json(&self, rounds: &[Round]) -> Value {
        let Self { measure, number, beside, generator } = self;
        let all: Vec<f64> = rounds.iter().filter_map(|round| round.get(measure.key)).collect();
        let beside: serde_json::Map<String, Value> =
            beside.iter().map(|(key, ratio)| ((*key).to_owned(), spread(*ratio))).collect();
        let target = match measure.target {
            Target::AtLeast(bound) | Target::AtMost(bound) => Some(bound),
            Target::None => None,
        };
        json!({
            "key": measure.key,
            "what": measure.text,
            "unit": unit(measure.unit).trim(),
            "number": spread(*number),
            "rounds": all,
            "target": target,
            "met": target.map(|_| self.met()),
            "beside": beside,
            "generator_busy": generator,
        })
    }
}

fn spread(spread: Spread) -> Value {
    json!({ "median": spread.median, "min": spread.min, "max": spread.max })
}

const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Kib => " KiB",
        Unit::Mib => " MiB",
        Unit::MibPerSecond => " MiB/s",
        Unit::Micros => " us",
        Unit::Millis => " ms",
        Unit::Seconds => " s",
        Unit::Times => "",
        Unit::PerSecond => " /s",
    }
}

/// A number as people read it: thousands apart, and digits only where they mean something.
fn digits(number: f64) -> String {
    let text = match number {
        small if small < 10.0 => return format!("{small:.2}"),
        middle if middle < 100.0 => return format!("{middle:.1}"),
        large => format!("{large:.0}"),
    };
    let mut apart = String::new();
    for (place, digit) in text.chars().enumerate() {
        let left = text.len().saturating_sub(place);
        if place > 0 && left.rem_euclid(3) == 0 {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        let written = [0.1234, 12.345, 123.4, 1234.5, 1_234_567.0].map(digits);
        assert_eq!(written, ["0.12", "12.3", "123", "1,234", "1,234,567"]);
    }

    #[test]
    fn a_document_keeps_everything_outside_of_its_marks() {
        let text = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let new = replace(&text, "new\n").unwrap();
        assert_eq!(new, format!("before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"));
        assert_eq!(replace(&new, "new\n").unwrap(), new);
        assert_eq!(replace("no marks", "new"), None);
    }
}
