"""Made errors over structured data: facts changed under a real overview, and overviews made from templates."""

import copy
import json
import re

DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
# Attribute → what an overview calls it, and ways to say that it is so and that it is not.
SAID = {
    "OutdoorSeating": (r"(?:outdoor|patio|outside) (?:seating|dining)|(?:seating|dining) outdoors?", ["outdoor seating is available", "guests can sit outside", "it offers outdoor seating"], ["there is no outdoor seating", "it does not offer outdoor seating"]),
    "RestaurantsTakeOut": (r"take-?\s?out", ["takeout is available", "it offers take-out", "customers can order to go"], ["it does not offer takeout", "takeout is not available"]),
    "RestaurantsReservations": (r"reservations?", ["it accepts reservations", "tables can be reserved", "reservations are accepted"], ["it does not take reservations", "reservations are not accepted"]),
    "RestaurantsGoodForGroups": (r"(?:good|suitable|great|ideal|suited|perfect) for (?:large )?groups|accommodates? groups|group dining", ["it is suitable for groups", "it is a good choice for groups"], ["it is not suited to groups"]),
    "WiFi": (r"(?:free )?wi-?fi", ["free WiFi is provided", "it has free Wi-Fi", "customers can use the free wireless internet"], ["there is no WiFi", "it does not offer Wi-Fi"]),
    "Music": (r"(?:live )?music", ["there is music", "live music is played"], ["there is no music"]),
}
PARKING = {"street": ["street parking"], "lot": ["a parking lot", "lot parking"], "garage": ["a parking garage", "garage parking"], "valet": ["valet parking"], "validated": ["validated parking"]}
MOODS = ["romantic", "intimate", "touristy", "hipster", "divey", "classy", "trendy", "upscale", "casual"]
UNFOUNDED = [
    "The portions are generous", "The staff is friendly and attentive", "It is known for its extensive wine list", "Live bands play on weekends",
    "It has been family-owned for three generations", "There is a children's menu", "Vegan and gluten-free options are available",
    "The establishment is wheelchair accessible", "Credit cards are accepted", "It also offers delivery and catering services",
    "The restaurant has a cozy fireplace", "Happy hour is offered on weekdays", "Dogs are welcome on the patio", "It is located near the beach",
    "The business has been open since 1995", "Prices are moderate", "It has won several awards", "There is a full bar with craft cocktails",
]
NEGATION = re.compile(r"\b(?:no|not|n't|without|lacks?|doesn't|don't|isn't|unavailable|neither|nor|unfortunately)\b", re.I)


def clock(rng, text):
    """`17:30` as people write it."""
    hour, minute = (int(p) for p in text.split(":"))
    minutes = f":{minute:02d}" if minute or rng.random() < 0.4 else ""
    half = rng.choice([("am", "pm"), (" AM", " PM"), (" a.m.", " p.m.")])
    if hour == 12 and not minute and rng.random() < 0.3:
        return "noon"
    if hour % 24 == 0 and not minute and rng.random() < 0.4:
        return "midnight"
    return f"{(hour - 1) % 12 + 1}{minutes}{half[hour % 24 >= 12]}"


def shifted(rng, hours):
    start, end = hours.split("-")
    move = lambda t: f"{(int(t.split(':')[0]) + rng.choice([-3, -2, -1, 1, 2, 3])) % 24}:{t.split(':')[1]}"
    return rng.choice([f"{move(start)}-{end}", f"{start}-{move(end)}", f"{move(start)}-{move(end)}"])


def dumped(data):
    return json.dumps(data, indent=1, ensure_ascii=False)


def change_attribute(rng, data, text):
    attributes = data.get("attributes") or {}
    for name, (pattern, _, _) in rng.sample(list(SAID.items()), len(SAID)):
        value = attributes.get(name)
        for m in re.finditer(pattern, text, re.I):
            begin = max(text.rfind(".", 0, m.start()), text.rfind(",", 0, m.start()), 0)
            denied = bool(NEGATION.search(text[begin:m.end()])) or bool(NEGATION.search(text[m.end():m.end() + 25]))
            positive = value in (True, "free", "paid")
            if value in (None, "", "null") or denied == positive:
                continue
            if denied:
                attributes[name] = rng.choice(["free", None]) if name == "WiFi" else rng.choice([True, True, None])
            else:
                attributes[name] = rng.choice(["no", "no", None]) if name == "WiFi" else rng.choice([False, False, None])
            first = begin
            if denied:
                found = NEGATION.search(text, begin, m.end())
                first = found.start() if found else m.start()
            return [(first if denied else m.start(), m.end())]
    return None


def change_mood(rng, data, text):
    for key, words in (("Ambience", MOODS), ("BusinessParking", list(PARKING))):
        values = (data.get("attributes") or {}).get(key)
        if not isinstance(values, dict):
            continue
        for word in rng.sample(words, len(words)):
            m = re.search(rf"\b{word}\b", text, re.I)
            if m and values.get(word) is True and not NEGATION.search(text[max(0, m.start() - 30):m.start()]):
                values[word] = False
                return [m.span()]
    return None


def change_hours(rng, data, text):
    found = [m for m in re.finditer(r"\d{1,2}(?::\d\d)?\s*(?:am|pm|a\.m\.?|p\.m\.?)", text, re.I)]
    hours = data.get("hours")
    if not found or not isinstance(hours, dict) or not hours:
        return None
    m = rng.choice(found)
    number = re.match(r"(\d{1,2})(?::(\d\d))?", m.group())
    hour = int(number[1]) % 12 + (12 if "p" in m.group().lower() else 0)
    minute = int(number[2] or 0)
    written = {f"{h}:{n}" for h in (hour, hour + 24 if hour == 0 else hour) for n in (str(minute), f"{minute:02d}")}
    move = rng.choice([-3, -2, -1, 1, 2, 3])
    changed = False
    for day, span in hours.items():
        parts = span.split("-")
        new = [f"{(int(p.split(':')[0]) + move) % 24}:{p.split(':')[1]}" if p in written else p for p in parts]
        if new != parts:
            hours[day] = "-".join(new)
            changed = True
    return [x.span() for x in found if x.group().lower() == m.group().lower()] if changed else None


def change_stars(rng, data, text):
    value = data.get("business_stars")
    m = re.search(rf"\b{re.escape(str(value))}(?![\d.]*\d)", text) if value else None
    if not m:
        return None
    data["business_stars"] = rng.choice([v / 2 for v in range(2, 11) if v / 2 != value])
    return [m.span()]


def change_place(rng, data, text):
    key = rng.choice(["city", "address", "name"])
    value = data.get(key)
    places = {"city": ["Goleta", "Carpinteria", "Montecito", "Ventura", "Oxnard", "Tucson", "Tampa", "Reno"], "address": ["18 Palm Court", "902 Linden Ave", "3315 Harbor Blvd", "47 W Mission St"], "name": None}[key]
    m = re.search(re.escape(value), text) if value else None
    if not m or not places or (key == "city" and value in str(data.get("review_info"))):
        return None
    data[key] = rng.choice([p for p in places if p != value])
    return [x.span() for x in re.finditer(re.escape(value), text)]


def contradicted(rng, rows, made, rounds: int = 4):
    """Real overviews whose data was changed under them, so that something they rightly said is wrong."""
    out = []
    for row in rows:
        for _ in range(rounds):
            data, labels = json.loads(row["context"]), [(l["start"], l["end"]) for l in row["labels"]]
            found = 0
            changes = [change_attribute, change_attribute, change_mood, change_hours, change_stars, change_place]
            rng.shuffle(changes)
            for change in changes:
                places = change(rng, data, row["response"])
                if places:
                    labels += places
                    found += 1
                if found == 2:
                    break
            if found:
                out.append(made(row, row["response"], dumped(data), labels))
    return out


def altered(rng, data, reviews):
    """A business that does not exist: attributes, hours and rating drawn anew."""
    data = copy.deepcopy(data)
    attributes = data["attributes"] = dict(data.get("attributes") or {})
    for name in SAID:
        if name == "WiFi":
            attributes[name] = rng.choice(["free", "no", None])
        else:
            attributes[name] = rng.choice([True, True, False, False, None])
    attributes["BusinessParking"] = rng.choice([None, {k: rng.random() < 0.4 for k in PARKING}, {k: rng.random() < 0.4 for k in PARKING}])
    attributes["Ambience"] = rng.choice([None, {k: rng.random() < 0.25 for k in MOODS}, {k: rng.random() < 0.25 for k in MOODS}])
    data["business_stars"] = rng.randint(2, 10) / 2
    if rng.random() < 0.7 or not isinstance(data.get("hours"), dict):
        usual = f"{rng.randint(6, 12)}:{rng.choice(['0', '30'])}-{rng.randint(14, 23)}:{rng.choice(['0', '30', '0'])}"
        data["hours"] = {day: usual if rng.random() < 0.7 else shifted(rng, usual) for day in DAYS if rng.random() < 0.9} or None
    if reviews and rng.random() < 0.5:
        data["review_info"] = rng.choice(reviews)
    return data


def sayings(rng, data):
    """Sentences about the data: text, and the part of it that is wrong (or nothing)."""
    out = []
    attributes = data["attributes"]
    for name, (_, yes, no) in SAID.items():
        value = attributes.get(name)
        claims = rng.random() < 0.65
        text = rng.choice(yes if claims else no)
        right = claims == (value in (True, "free", "paid")) and value is not None
        out.append((text[0].upper() + text[1:], None if right else text))
    parking = attributes.get("BusinessParking")
    kind = rng.choice(list(PARKING))
    text = rng.choice(PARKING[kind])
    out.append((f"{text[0].upper() + text[1:]} is available", None if (parking or {}).get(kind) else text))
    moods = attributes.get("Ambience")
    chosen = rng.sample(MOODS, 2)
    wrong = [m for m in chosen if not (moods or {}).get(m)]
    if moods and rng.random() < 0.5 and any(moods.values()):
        chosen, wrong = [rng.choice([m for m in MOODS if moods[m]])], []
    out.append((f"The atmosphere is {' and '.join(chosen)}", wrong or None))
    stars = data["business_stars"]
    said = stars if rng.random() < 0.5 else rng.choice([v / 2 for v in range(2, 11) if v / 2 != stars])
    form = rng.choice(["It has a rating of {} stars", "The business is rated {} out of 5 stars", "Customers give it {} stars on average"])
    out.append((form.format(said), None if said == stars else f"{said}"))
    hours = data.get("hours")
    if hours:
        day = rng.choice(DAYS)
        if day in hours:
            span = hours[day] if rng.random() < 0.5 else shifted(rng, hours[day])
            (a, b), (x, y) = span.split("-"), hours[day].split("-")
            said = (clock(rng, a), clock(rng, b))
            wrong = [s for s, p, q in ((said[0], a, x), (said[1], b, y)) if p != q]
            out.append((rng.choice([f"On {day}s it is open from {said[0]} to {said[1]}", f"It opens at {said[0]} and closes at {said[1]} on {day}"]), wrong or None))
        else:
            right = rng.random() < 0.5
            out.append((f"It is closed on {day}s", None) if right else (f"It is open on {day}s", f"open on {day}s"))
        daily = len(hours) == 7
        if rng.random() < 0.4:
            out.append(("It is open seven days a week", None if daily else "seven days a week"))
    context = dumped(data).lower()
    unknown = [u for u in UNFOUNDED if not any(w in context for w in re.findall(r"[a-z]{5,}", u.lower()))]
    if unknown:
        out.append((rng.choice(unknown), True))
    return out


def templates(rng, rows, made, count: int = 700):
    """Overviews of made-up businesses, from templates."""
    sources = {row["source_id"]: row for row in rows}
    reviews = [json.loads(row["context"]).get("review_info") for row in sources.values()]
    out = []
    for _ in range(count):
        row = sources[rng.choice(sorted(sources))]
        data = altered(rng, json.loads(row["context"]), reviews)
        said = sayings(rng, data)
        rng.shuffle(said)
        text, labels = f"{data['name']} is a business in {data['city']}, {data['state']}.", []
        for sentence, wrong in said[: rng.randint(3, 6)]:
            start = len(text) + 1
            text += f" {sentence}."
            if wrong is True:
                labels.append((start, start + len(sentence)))
            for part in [wrong] if isinstance(wrong, str) else wrong if isinstance(wrong, list) else []:
                at = text.lower().find(part.lower(), start)
                labels.append((at, at + len(part)))
        out.append(made(row, text, dumped(data), labels))
    return out
