//! Words that stand for one another: a country's codes, currency and language, units and their signs.

use std::sync::LazyLock;

use crate::evidence::sign_hash;
use crate::text::hash;
use crate::text::pieces::SIGNS;

/// Rows with a word in common are told apart: each word of a row stands for each other of the same row only.
#[rustfmt::skip]
const ALIKE: &[&str] = &[
    // Countries: name, people, language and its code, ISO 3166 codes, currency and its code, capital.
    "us usa united states america american usd dollar dollars $ buck bucks washington",
    "uk gb gbr britain british england english united kingdom gbp pound pounds sterling quid £ london en scotland wales",
    "english en eng american british",
    "eu europe european eur euro euros €",
    "germany german germans de deu ger berlin deutsch deutschland euro euros eur",
    "france french fr fra fre paris euro euros eur",
    "spain spanish es esp spa madrid espanol euro euros eur",
    "italy italian it ita rome euro euros eur",
    "netherlands dutch holland nl nld amsterdam euro euros eur",
    "portugal portuguese pt prt por lisbon euro euros eur",
    "japan japanese jp jpn ja jpy yen ¥ tokyo",
    "china chinese cn chn zh zho cny yuan rmb renminbi ¥ beijing mandarin",
    "korea korean kr kor ko krw won ₩ seoul",
    "india indian ind hi hin hindi inr rupee rupees ₹ delhi",
    "russia russian ru rus rub ruble rubles rouble roubles ₽ moscow",
    "canada canadian ca can cad dollar dollars $ ottawa",
    "australia australian au aus aud dollar dollars $ sydney canberra",
    "zealand nz nzl nzd dollar dollars kiwi wellington auckland",
    "singapore sg sgp sgd dollar dollars",
    "hong kong hk hkg hkd dollar dollars",
    "switzerland swiss ch che chf franc francs zurich geneva bern",
    "sweden swedish se swe sv sek krona kronor stockholm",
    "norway norwegian nor nok krone kroner oslo",
    "denmark danish dk dnk da dkk krone kroner copenhagen",
    "poland polish pl pol pln zloty warsaw",
    "turkey turkish tr tur try lira istanbul ankara",
    "mexico mexican mx mex mxn peso pesos",
    "brazil brazilian br bra brl real reais portuguese",
    "argentina argentine ar arg ars peso pesos",
    "egypt egyptian eg egy egp arabic ar ara cairo",
    "saudi arabia sa sau sar riyal riyals arabic ar",
    "emirates emirati ae are aed dirham dirhams dubai",
    "israel israeli il isr ils shekel shekels hebrew he",
    "africa african za zaf zar rand",
    "thailand thai th tha thb baht bangkok",
    "vietnam vietnamese vn vnm vi vnd dong hanoi",
    "indonesia indonesian idn idr rupiah jakarta bali",
    "malaysia malaysian my mys myr ringgit",
    "philippines filipino ph phl php peso pesos manila",
    "ireland irish ie irl dublin euro euros eur",
    "ukraine ukrainian ua ukr uk uah hryvnia kyiv kiev",
    "greece greek gr grc el athens euro euros eur",
    "bitcoin btc", "ethereum ether eth", "gold xau", "silver xag",
    // States and provinces with their codes.
    "alabama al", "alaska ak", "arizona az", "arkansas ar", "california ca", "colorado co", "connecticut ct", "delaware de",
    "florida fl", "georgia ga", "hawaii hi", "idaho id", "illinois il", "indiana in", "iowa ia", "kansas ks", "kentucky ky",
    "louisiana la", "maine me", "maryland md", "massachusetts ma", "michigan mi", "minnesota mn", "mississippi ms",
    "missouri mo", "montana mt", "nebraska ne", "nevada nv", "hampshire nh", "jersey nj", "mexico nm", "york ny",
    "carolina nc sc", "dakota nd sd", "ohio oh", "oklahoma ok", "oregon or", "pennsylvania pa", "rhode ri", "tennessee tn",
    "texas tx", "utah ut", "vermont vt", "virginia va wv", "washington wa dc", "wisconsin wi", "wyoming wy", "ontario on",
    "quebec qc", "alberta ab", "british columbia bc",
    // Units and their signs.
    "celsius centigrade c metric ° degrees", "fahrenheit f imperial ° degrees", "kelvin k",
    "percent percentage pct %",
    "kilometer kilometers kilometre kilometres km kms metric", "mile miles mi mph imperial",
    "meter meters metre metres m metric", "centimeter centimeters centimetre centimetres cm",
    "foot feet ft imperial", "inch inches in imperial",
    "kilogram kilograms kilo kilos kg kgs metric", "gram grams g", "pound pounds lb lbs imperial", "ounce ounces oz",
    "liter liters litre litres l", "milliliter milliliters millilitre millilitres ml",
    "second seconds sec secs s", "minute minutes min mins m", "hour hours hr hrs h hourly",
    "day days daily d today tomorrow", "week weeks weekly w", "month months monthly mo", "year years yearly annual annually yr yrs y",
    "kilobyte kb", "megabyte mb", "gigabyte gb",
    // People.
    "male males man men boy boys he him his mr sir gentleman father son brother husband",
    "female females woman women girl girls she her hers mrs ms lady ladies mother daughter sister wife",
];

/// Values that say nothing of their own; the language of the conversation itself.
#[rustfmt::skip]
const NEUTRAL: &str = "true false yes no on off none null nil na any all default auto automatic unknown other general asc desc \
ascending descending english en http https www com org net html utf";

/// Every word with each row that it stands in, in order.
static ROWS: LazyLock<Vec<(u32, u16)>> = LazyLock::new(|| {
    let row = |(number, row): (u16, &'static &str)| row.split(' ').map(move |word| (word_hash(word), number));
    let mut rows: Vec<(u32, u16)> = (0..).zip(ALIKE).flat_map(row).collect();
    rows.sort_unstable();
    rows
});

static NEUTRALS: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let mut words: Vec<u32> = NEUTRAL.split(' ').map(word_hash).collect();
    words.sort_unstable();
    words
});

fn word_hash(word: &str) -> u32 {
    word.chars().next().filter(|c| SIGNS.contains(c)).map_or_else(|| hash::bytes(word.as_bytes()), sign_hash)
}

/// Whether one of the words that stand for the word with that hash was said.
pub(super) fn is_alike(hash: u32, said: impl Fn(u32) -> bool) -> bool {
    let first = ROWS.partition_point(|(word, _)| *word < hash);
    ROWS[first..].iter().take_while(|(word, _)| *word == hash).any(|(_, row)| {
        // A word of two letters is too often another one: `it`, `in`, `us`.
        let long = |word: &&str| word.len() > 2 || word.chars().any(|c| SIGNS.contains(&c));
        ALIKE[usize::from(*row)].split(' ').filter(long).any(|word| said(word_hash(word)))
    })
}

/// Whether the word with that hash says nothing of its own.
pub(super) fn is_neutral(hash: u32) -> bool {
    NEUTRALS.binary_search(&hash).is_ok()
}
