//! Charts of bars that lie, one below the other, with their numbers written behind them.

use std::{fs, path::Path};

use anyhow::Context as _;
use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use super::goal::thousands;

/// What is drawn: groups of bars, one bar a series.
pub struct Bars {
    pub title: &'static str,
    /// What the numbers are.
    pub axis: &'static str,
    pub series: Vec<&'static str>,
    /// What a group is called, and its numbers in the order of the series. What wasn't measured isn't drawn.
    pub groups: Vec<(String, Vec<Option<f64>>)>,
    pub scale: Scale,
}

/// How numbers become lengths.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Linear,
    /// For what differs by orders of magnitude.
    Logarithmic,
}

const WIDTH: i32 = 900;
/// Left of the bars, for what groups are called, and right of them, for the numbers of the longest.
const NAMES: i32 = 310;
const NUMBERS: i32 = 100;
/// Above the bars, for title and legend, and below them, for the axis.
const HEAD: i32 = 76;
const FOOT: i32 = 56;
const BAR: i32 = 17;
const GAP: i32 = 13;

const INK: RGBColor = RGBColor(0x1f, 0x29, 0x33);
const FAINT: RGBColor = RGBColor(0xd9, 0xde, 0xe4);
const OURS: RGBColor = RGBColor(0x2b, 0x6c, 0xb0);
const THEIRS: RGBColor = RGBColor(0xa3, 0xad, 0xb8);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

impl Bars {
    /// Writes an SVG. Leaves no file if nothing was measured.
    pub fn draw(&self, path: &Path) -> anyhow::Result<()> {
        let numbers = || self.groups.iter().flat_map(|(_, numbers)| numbers.iter().flatten().copied());
        let most = numbers().fold(0.0, f64::max);
        if most <= 0.0 {
            let _ = fs::remove_file(path);
            return Ok(());
        }
        let least = numbers().fold(most, f64::min);
        let ticks = self.scale.ticks(least, most);
        let rows = (self.groups.len() * self.series.len()) as i32;
        let height = HEAD + rows * BAR + (self.groups.len() as i32) * GAP + FOOT;
        let area = SVGBackend::new(path, (WIDTH as u32, height as u32)).into_drawing_area();
        self.paint(&area, height, &ticks).with_context(|| format!("`{}` can't be drawn", path.display()))
    }

    fn paint(&self, area: &Area, height: i32, ticks: &[f64]) -> anyhow::Result<()> {
        area.fill(&WHITE)?;
        area.draw(&Text::new(self.title, (20, 16), style(19, &INK)))?;
        self.legend(area)?;
        let bottom = height - FOOT;
        let centred = |size| style(size, &INK).pos(Pos::new(HPos::Center, VPos::Top));
        for tick in ticks {
            let x = self.place(*tick, ticks);
            area.draw(&PathElement::new([(x, HEAD), (x, bottom)], FAINT))?;
            area.draw(&Text::new(written(*tick), (x, bottom + 6), centred(12)))?;
        }
        let middle = NAMES + (WIDTH - NAMES - NUMBERS) / 2;
        area.draw(&Text::new(self.axis, (middle, bottom + 28), centred(13)))?;

        let mut y = HEAD + GAP / 2;
        for (name, numbers) in &self.groups {
            let right = style(13, &INK).pos(Pos::new(HPos::Right, VPos::Center));
            let middle = y + BAR * self.series.len() as i32 / 2;
            area.draw(&Text::new(name.as_str(), (NAMES - 10, middle), right))?;
            for (series, number) in self.series.iter().zip(numbers) {
                if let Some(number) = number.filter(|number| number.is_finite()) {
                    let x = self.place(number, ticks).max(NAMES + 1);
                    let colour = colour(series, name);
                    area.draw(&Rectangle::new([(NAMES, y + 1), (x, y + BAR - 1)], colour.filled()))?;
                    let left = style(12, &INK).pos(Pos::new(HPos::Left, VPos::Center));
                    area.draw(&Text::new(written(number), (x + 6, y + BAR / 2), left))?;
                }
                y += BAR;
            }
            y += GAP;
        }
        area.draw(&PathElement::new([(NAMES, HEAD), (NAMES, bottom)], INK))?;
        area.present()?;
        Ok(())
    }

    fn legend(&self, area: &Area) -> anyhow::Result<()> {
        if self.series.len() < 2 {
            return Ok(());
        }
        let mut x = NAMES;
        for series in &self.series {
            area.draw(&Rectangle::new([(x, 48), (x + 12, 60)], colour(series, "").filled()))?;
            area.draw(&Text::new(*series, (x + 18, 48), style(13, &INK)))?;
            x += 50 + 6 * series.len() as i32;
        }
        Ok(())
    }

    /// Where a number is, from left to right.
    fn place(&self, number: f64, ticks: &[f64]) -> i32 {
        let (first, last) = (self.scale.length(ticks[0]), self.scale.length(ticks[ticks.len() - 1]));
        let part = (self.scale.length(number) - first) / (last - first);
        NAMES + (part * f64::from(WIDTH - NAMES - NUMBERS)).round() as i32
    }
}

impl Scale {
    fn length(self, number: f64) -> f64 {
        match self {
            Self::Linear => number,
            Self::Logarithmic => number.log10(),
        }
    }

    /// Round numbers around all that are drawn.
    fn ticks(self, least: f64, most: f64) -> Vec<f64> {
        match self {
            Self::Linear => {
                let rough = most / 5.0;
                let power = 10_f64.powf(rough.log10().floor());
                let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * power);
                let step = step.into_iter().find(|step| *step >= rough).unwrap_or(rough);
                (0..=(most / step).ceil() as u32).map(|number| f64::from(number) * step).collect()
            }
            Self::Logarithmic => {
                let (first, last) = (least.log10().floor() as i32, most.log10().ceil() as i32);
                // A bar of the least number has to have a length.
                let first = if 10_f64.powi(first) == least { first - 1 } else { first };
                (first..=last.max(first + 1)).map(|power| 10_f64.powi(power)).collect()
            }
        }
    }
}

fn colour(series: &str, group: &str) -> RGBColor {
    if [series, group].iter().any(|name| name.starts_with("feedgate")) { OURS } else { THEIRS }
}

fn style(size: i32, colour: &RGBColor) -> TextStyle<'_> {
    ("sans-serif", size).into_font().color(colour)
}

fn written(number: f64) -> String {
    match number {
        number if number >= 100.0 || number == number.round() => thousands(number),
        number if number >= 0.1 => format!("{number:.1}"),
        number => format!("{number}"),
    }
}
