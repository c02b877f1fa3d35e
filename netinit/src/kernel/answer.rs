//! The kernel's answers to netlink messages: `NLMSG_ERROR` of `include/uapi/linux/netlink.h`, with code 0 for success.

const NLMSG_ERROR: u16 = 2;
/// The refused message is not repeated in the answer.
const NLM_F_CAPPED: u16 = 0x100;
/// Attributes follow.
const NLM_F_ACK_TLVS: u16 = 0x200;
/// The kernel's reason, as text.
const NLMSGERR_ATTR_MSG: u16 = 1;
/// Length of a message's header: length, type, flags, sequence number, port. In an answer come a code of 4 bytes and the header that is answered.
const HEADER: usize = 16;
const ANSWERED: usize = HEADER + 4;

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// Sequence number of the message that it answers.
    pub(super) sequence: u32,
    /// 0, or an error number as a negative number.
    pub(super) code: i32,
    /// Why, in the kernel's words.
    pub(super) detail: Option<String>,
}

/// The answers in a datagram; what isn't an answer, and what is cut off, is passed over.
pub(super) fn answers(mut datagram: &[u8]) -> Vec<Answer> {
    let mut answers = Vec::new();
    while let Some(length) =
        u32_at(datagram, 0).map(|length| length as usize).filter(|length| *length >= HEADER)
    {
        let Some(message) = datagram.get(..length) else { break };
        answers.extend(answer(message));
        datagram = datagram.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    answers
}

fn answer(message: &[u8]) -> Option<Answer> {
    if u16_at(message, 4)? != NLMSG_ERROR {
        return None;
    }
    let flags = u16_at(message, 6)?;
    let code = u32_at(message, HEADER)?.cast_signed();
    let repeated =
        if code == 0 || flags & NLM_F_CAPPED != 0 { HEADER } else { u32_at(message, ANSWERED)? as usize };
    let attributes = message.get(ANSWERED.checked_add(repeated)?.checked_next_multiple_of(4)?..);
    let detail = attributes.filter(|_| flags & NLM_F_ACK_TLVS != 0).and_then(reason);
    Some(Answer { sequence: u32_at(message, 8)?, code, detail })
}

fn reason(mut attributes: &[u8]) -> Option<String> {
    loop {
        let length = usize::from(u16_at(attributes, 0)?);
        let value = attributes.get(4..length)?;
        if u16_at(attributes, 2)? == NLMSGERR_ATTR_MSG {
            return Some(String::from_utf8_lossy(value).trim_end_matches('\0').to_owned());
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
}

fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    bytes.get(offset..offset + 2)?.try_into().ok().map(u16::from_ne_bytes)
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..offset + 4)?.try_into().ok().map(u32::from_ne_bytes)
}
