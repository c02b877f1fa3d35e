//! Made by `fit/fusion.py`: do not edit by hand.

pub(super) const SENTENCE: [f32; 4] = [-0.2332, 0.7151, 0.1429, 0.2047];
pub(super) const ALONE: [[f32; 4]; 2] =
    [[-1.4228, 0.0000, 0.2596, 0.4191], [-0.7012, 0.0000, 0.3797, 0.4210]];
pub(super) const RESPONSE: [f32; 7] = [-0.0565, 0.6565, -0.0735, 0.0208, 0.5627, -0.0411, 0.3515];
