//! The reliability diagram as SVG: how often what was given a risk turned out unsupported, and how many there were of each.
//!
//! No background and mid tones only, so that it reads on light and dark pages alike.

#[cfg(test)]
mod tests;

use std::fmt::Write;

use super::metrics::{BINS, Bin};

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 730.0;
/// The square of the diagram: left edge, top edge, side.
const LEFT: f64 = 78.0;
const TOP: f64 = 66.0;
const SIDE: f64 = 480.0;
/// Top edge and height of the counts below it.
const COUNTS_TOP: f64 = 612.0;
const COUNTS: f64 = 60.0;
/// Text, axes and counts; the shares' bars; their points.
const INK: &str = "#6e7781";
const BAR: &str = "#4493f8";
const POINT: &str = "#2f81f7";

/// The diagram. `caption`: what was measured.
pub(super) fn svg(bins: &[Bin; BINS], caption: &str) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = draw(&mut out, bins, caption);
    out
}

/// A share's place on the horizontal axis.
fn x(share: f64) -> f64 {
    LEFT + share * SIDE
}

/// A share's place on the vertical axis.
fn y(share: f64) -> f64 {
    TOP + (1.0 - share) * SIDE
}

fn draw(out: &mut String, bins: &[Bin; BINS], caption: &str) -> std::fmt::Result {
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"{INK}\">"
    )?;
    writeln!(out, "<title>Reliability of the risk</title>")?;
    let middle = LEFT + SIDE / 2.0;
    text(out, LEFT, 28.0, "start", "Reliability of the risk", " font-size=\"17\" font-weight=\"600\"")?;
    text(out, LEFT, 48.0, "start", &escaped(caption), "")?;
    axes(out)?;
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(0).max(1) as f64;
    let width = SIDE / BINS as f64;
    for (number, bin) in bins.iter().enumerate() {
        let left = x(number as f64 / BINS as f64) + 2.0;
        let height = bin.count as f64 / most * COUNTS;
        rect(out, left, COUNTS_TOP + COUNTS - height, width - 4.0, height, INK, 0.45)?;
        let above = COUNTS_TOP + COUNTS - height - 4.0;
        text(out, left + width / 2.0 - 2.0, above, "middle", &bin.count.to_string(), " font-size=\"11\"")?;
        let (Some(risk), Some(observed)) = (bin.mean_risk(), bin.observed()) else { continue };
        rect(out, left, y(observed), width - 4.0, observed * SIDE, BAR, 0.3)?;
        line(
            out,
            (x(risk), y(risk)),
            (x(risk), y(observed)),
            &format!("stroke=\"{POINT}\" stroke-width=\"2\""),
        )?;
        writeln!(
            out,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4.5\" fill=\"{POINT}\"><title>{} judged: mean risk {risk:.3}, {observed:.3} \
             unsupported</title></circle>",
            x(risk),
            y(observed),
            bin.count
        )?;
    }
    line(out, (x(0.0), COUNTS_TOP + COUNTS), (x(1.0), COUNTS_TOP + COUNTS), &stroke())?;
    text(out, middle, COUNTS_TOP + COUNTS + 22.0, "middle", "how many were given that risk", "")?;
    text(
        out,
        middle,
        COUNTS_TOP + COUNTS + 46.0,
        "middle",
        "point: mean risk and share of a bin · line: how far that is from the diagonal, where risk is share",
        " font-size=\"11\"",
    )?;
    writeln!(out, "</svg>")
}

fn axes(out: &mut String) -> std::fmt::Result {
    for tenth in 0..=5 {
        let share = f64::from(tenth) / 5.0;
        let faint = format!("stroke=\"{INK}\" stroke-opacity=\"0.2\"");
        line(out, (x(0.0), y(share)), (x(1.0), y(share)), &faint)?;
        line(out, (x(share), y(0.0)), (x(share), y(0.0) + 5.0), &stroke())?;
        text(out, x(share), y(0.0) + 19.0, "middle", &format!("{share:.1}"), "")?;
        text(out, x(0.0) - 9.0, y(share) + 4.5, "end", &format!("{share:.1}"), "")?;
    }
    line(out, (x(0.0), y(0.0)), (x(1.0), y(0.0)), &stroke())?;
    line(out, (x(0.0), y(0.0)), (x(0.0), y(1.0)), &stroke())?;
    let dashed = format!("stroke=\"{INK}\" stroke-dasharray=\"5 5\"");
    line(out, (x(0.0), y(0.0)), (x(1.0), y(1.0)), &dashed)?;
    text(out, x(0.0) + SIDE / 2.0, y(0.0) + 38.0, "middle", "risk of the verdict", "")?;
    let (across, down) = (LEFT - 48.0, TOP + SIDE / 2.0);
    let turned = format!(" transform=\"rotate(-90 {across} {down})\"");
    text(out, across, down, "middle", "share that is unsupported", &turned)
}

fn stroke() -> String {
    format!("stroke=\"{INK}\"")
}

fn line(out: &mut String, from: (f64, f64), to: (f64, f64), look: &str) -> std::fmt::Result {
    let ((x1, y1), (x2, y2)) = (from, to);
    writeln!(out, "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" {look}/>")
}

fn rect(
    out: &mut String,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    fill: &str,
    opacity: f64,
) -> std::fmt::Result {
    writeln!(
        out,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\" fill-opacity=\"{opacity}\"/>"
    )
}

fn text(out: &mut String, x: f64, y: f64, anchor: &str, text: &str, more: &str) -> std::fmt::Result {
    writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\"{more}>{text}</text>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
