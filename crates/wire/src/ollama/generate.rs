//! Not written yet.
use crate::codec::{Codec, EventDecoder, EventEncoder, ParseError, Refusal};
use crate::{Answer, Edits, Endpoint, Notice, Request};

pub(crate) struct Generate;

impl Codec for Generate {
    fn request(&self, _: &Endpoint, _: &[u8]) -> Result<Request, ParseError> {
        todo!()
    }
    fn answer(&self, _: &[u8]) -> Result<Answer, ParseError> {
        todo!()
    }
    fn redact(&self, _: &[u8], _: &Edits) -> Result<Vec<u8>, ParseError> {
        todo!()
    }
    fn replace(&self, _: &[u8], _: &Notice) -> Result<Vec<u8>, ParseError> {
        todo!()
    }
    fn refuse(&self, _: &Notice) -> Refusal {
        todo!()
    }
    fn decoder(&self) -> Box<dyn EventDecoder> {
        todo!()
    }
    fn encoder(&self) -> Box<dyn EventEncoder> {
        todo!()
    }
}
