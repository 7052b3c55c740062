//! A report: a line for each thing that was looked at, and whether anything is wrong.

use crate::print;
use crate::redact::one_line;

#[derive(Debug, Default)]
pub struct Report {
    lines: Vec<Vec<String>>,
    wrong: usize,
}

impl Report {
    fn add(&mut self, what: impl Into<String>, verdict: &str, text: impl AsRef<str>) {
        let text = one_line(text.as_ref());
        self.lines.push(vec![what.into(), verdict.to_owned(), text]);
    }

    pub fn ok(&mut self, what: impl Into<String>, text: impl AsRef<str>) {
        self.add(what, "ok", text);
    }

    pub fn warning(&mut self, what: impl Into<String>, text: impl AsRef<str>) {
        self.add(what, "warning", text);
    }

    pub fn wrong(&mut self, what: impl Into<String>, text: impl AsRef<str>) {
        self.wrong += 1;
        self.add(what, "WRONG", text);
    }

    /// Prints it. Whether nothing is wrong.
    pub fn print(&self) -> bool {
        print::line(&print::table(&["CHECKED", "", ""], &self.lines));
        let verdict = match self.wrong {
            0 => "everything is in order".to_owned(),
            1 => "1 thing is wrong".to_owned(),
            wrong => format!("{wrong} things are wrong"),
        };
        print::line(&format!("\n{verdict}"));
        self.wrong == 0
    }
}
