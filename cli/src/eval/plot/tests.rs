//! The diagram holds what was counted and is well-formed.

use super::*;
use crate::eval::metrics::{Point, bins};

fn point(risk: f64, positive: bool) -> Point {
    Point { risk, positive, flagged: false, weight: 1.0 }
}

#[test]
fn the_diagram_shows_every_bin_that_holds_something() {
    let bins = bins(&[point(0.15, false), point(0.15, true), point(0.95, true)]);
    let drawn = svg(&bins, "a <judge> & 3 more");
    assert!(drawn.contains("a &lt;judge&gt; &amp; 3 more"));
    assert!(drawn.contains("2 judged: mean risk 0.150, 0.500 unsupported"), "{drawn}");
    assert_eq!(drawn.matches("<circle").count(), 2);
    for label in ["risk of the verdict", "share that is unsupported", ">0.4<"] {
        assert!(drawn.contains(label), "{label}");
    }
    // The bin from .1 to .2, half of it unsupported, stands half as high as the diagram.
    assert!(drawn.contains(&format!("x=\"{:.1}\" y=\"{:.1}\"", x(0.1) + 2.0, y(0.5))), "{drawn}");
    for tag in ["svg", "text", "title", "circle"] {
        assert_eq!(
            drawn.matches(&format!("<{tag}")).count(),
            drawn.matches(&format!("</{tag}>")).count(),
            "{tag}"
        );
    }
}

#[test]
fn nothing_judged_is_a_diagram_too() {
    let drawn = svg(&bins(&[]), "");
    assert!(!drawn.contains("<circle") && !drawn.contains("NaN") && !drawn.contains("inf"));
}
