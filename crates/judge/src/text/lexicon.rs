//! Classes of English words that the signals treat apart. Closed lists; everything else is an ordinary word.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::hash;
use super::table::Table;

/// A set of word classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Class(u16);

impl Class {
    /// Function words.
    pub(crate) const STOP: Self = Self(1);
    /// `not`, `never`, `without`, …
    pub(crate) const NEGATION: Self = Self(1 << 1);
    /// Hedging and praise: the words with which models embroider.
    pub(crate) const HEDGE: Self = Self(1 << 2);
    /// Months.
    pub(crate) const MONTH: Self = Self(1 << 3);
    /// Days of the week.
    pub(crate) const WEEKDAY: Self = Self(1 << 4);
    /// Number words.
    pub(crate) const NUMBER: Self = Self(1 << 5);
    /// `about`, `over`, `nearly`: the number that follows is rounded.
    pub(crate) const APPROXIMATE: Self = Self(1 << 6);
    /// Words that are often capitalised without being a name: titles, headings, answer furniture.
    pub(crate) const PLAIN_CAPITAL: Self = Self(1 << 7);
    /// Written with a capital first letter (of the token, not of the word).
    pub(crate) const INITIAL_CAPITAL: Self = Self(1 << 8);
    /// The material itself: `passage`, `document`, `article`, `context`, …
    pub(crate) const MATERIAL: Self = Self(1 << 9);
    /// Names that are languages, peoples and regions of common use.
    pub(crate) const DEMONYM: Self = Self(1 << 10);

    /// Whether it holds that class.
    pub(crate) fn has(self, class: Self) -> bool {
        self.0 & class.0 != 0
    }

    /// The set with that class.
    pub(crate) fn with(self, class: Self) -> Self {
        Self(self.0 | class.0)
    }
}

const STOP: &str = "a an the of to in on at by for with and or but if then than that this these those it its is are was were \
be been being as from into over about which who whom whose what when where how why not no nor so such can could may might \
will would shall should do does did done has have had having i you he she they we me him her them us my your his their our \
there here also more most some any all each other one two both between during after before while out up down off only own \
same very just th st nd rd s t d ll re ve m am pm";
const NEGATION: &str = "not no never none without neither nor cannot lack lacks lacking unavailable false nothing nobody \
isn't aren't wasn't weren't don't doesn't didn't can't couldn't won't wouldn't shouldn't hasn't haven't hadn't";
const HEDGE: &str = "likely probably perhaps possibly suggest suggests suggesting indicate indicates indicating imply implies \
appears seems overall generally typically usually popular known renowned great excellent perfect ideal variety wide range \
cozy vibrant unique notable notably various several numerous diverse highly particularly especially essential crucial \
important additionally furthermore moreover ensure ensures ensuring depending specific experience";
const MONTHS: &str = "january february march april may june july august september october november december jan feb mar apr \
jun jul aug sep sept oct nov dec";
const WEEKDAYS: &str = "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun \
mondays tuesdays wednesdays thursdays fridays saturdays sundays";
const NUMBERS: &str = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen \
seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion trillion \
half dozen hundreds thousands millions billions";
const APPROXIMATE: &str = "about around approximately approx roughly nearly almost over under above below circa some least \
most up exceeding exceeds exceeded more less than close estimated";
const PLAIN_CAPITAL: &str = "mr mrs ms dr prof sir lord lady president minister senator governor judge captain king queen \
chief director professor officer step steps note notes tip tips overall summary conclusion introduction overview answer \
question example examples key points point important warning yes no ok okay sure hello hi thanks thank sorry please here \
there however therefore additionally furthermore moreover finally first second third lastly next also based according \
despite although while since because unfortunately fortunately hope feel free table figure section chapter part page item \
total name date time price cost address phone email hours status order id type category description title rating ratings \
review reviews location features benefits pros cons ingredients instructions directions method preparation requirements \
recommendation recommendations analysis result results input output code error warning function class string number boolean \
true false null none api url http https json xml html css sql csv pdf sms gps faq usa us uk eu un tv pc it ai ceo cfo cto \
ok am pm bc ad rep sen gov gen lt col sgt st dept fahrenheit celsius another items menu ii iii iv vi vii viii ix xi xii roman god internet web earth moon sun east west north south eastern western northern southern i";
const MATERIAL: &str = "passage passages document documents article articles context text texts source sources excerpt excerpts \
data information provided given mentioned stated structured json report transcript";
const DEMONYMS: &str = "english french german spanish italian chinese japanese korean russian arabic hindi portuguese dutch \
swedish polish turkish greek latin american british european african asian indian mexican canadian australian irish scottish \
welsh israeli iranian iraqi thai vietnamese christian muslim jewish catholic islamic hispanic latino mediterranean";

static CLASSES: LazyLock<Table<Class>> = LazyLock::new(|| {
    let lists = [
        (STOP, Class::STOP),
        (NEGATION, Class::NEGATION),
        (HEDGE, Class::HEDGE),
        (MONTHS, Class::MONTH),
        (WEEKDAYS, Class::WEEKDAY),
        (NUMBERS, Class::NUMBER),
        (APPROXIMATE, Class::APPROXIMATE),
        (PLAIN_CAPITAL, Class::PLAIN_CAPITAL),
        (MATERIAL, Class::MATERIAL),
        (DEMONYMS, Class::DEMONYM),
    ];
    let mut classes: HashMap<u32, Class> = HashMap::new();
    for (words, class) in lists {
        for word in words.split_whitespace() {
            let entry = classes.entry(hash::bytes(word.as_bytes())).or_default();
            *entry = entry.with(class);
        }
    }
    Table::new(classes.into_iter().collect())
});

/// The classes of the word with that hash ([`super::Token::raw`]).
pub(crate) fn class(raw: u32) -> Class {
    CLASSES.get(raw).unwrap_or_default()
}

/// How rare the stem is in ordinary text: the negative logarithm of the share of documents that hold it, at most 8.
pub(crate) fn rarity(stem: u32) -> f32 {
    RARITY.get(stem).unwrap_or(MOST_RARE)
}

/// The rarity of words outside the table.
const MOST_RARE: f32 = 8.0;

/// Rarity by stem; hundredths and stems in the file, made by `fit/` from the training contexts.
static RARITY: LazyLock<Table<f32>> = LazyLock::new(|| {
    let lines = include_str!("rarity.txt").lines().filter_map(|line| line.split_once(' '));
    Table::new(
        lines
            .filter_map(|(rarity, stem)| {
                Some((hash::bytes(stem.as_bytes()), rarity.parse::<f32>().ok()? / 100.0))
            })
            .collect(),
    )
});
