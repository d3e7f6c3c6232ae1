"""Invented people's names, as diverse as Britain's.

No real person is meant; forenames and surnames are combined at random.

Each heritage is a weight, girls' and boys' forenames, surnames. The weights are rough and stand for no particular
place.
"""

import unicodedata


def _names(text):
    return [name.strip() for name in text.split(",")]


HERITAGES = {
    "english": (
        44,
        _names(
            "Olivia, Amelia, Isla, Ava, Ivy, Freya, Florence, Willow, Poppy, Elsie, Grace, Evie, Ella, Harriet, Maisie,"
            " Matilda, Daisy, Rosie, Charlotte, Beatrice, Imogen, Lucy, Hannah, Zoë, Chloé, Mary-Jane, Phoebe, Ruby"
        ),
        _names(
            "Oliver, George, Noah, Arthur, Harry, Leo, Jack, Charlie, Freddie, Alfie, Henry, Theo, Archie, Jacob,"
            " Thomas, William, Edward, Toby, Reuben, Jude, Finley, Samuel, Max, Luke, Billy-Joe, Elliot, Stanley"
        ),
        _names(
            "Ashworth, Baxter, Blackwood, Brierley, Carter, Clayton, Dunmore, Eastwood, Fairclough, Fletcher, Goddard,"
            " Hargreaves, Hartley, Holloway, Ingham, Kershaw, Langley, Marsh, Norwood, Oakley, Pell, Ramsden,"
            " Redfern, Sutcliffe, Thornton, Underhill, Wainwright, Whitaker, Yardley, Smith-Barlow, St. Clare, Brontë"
        ),
    ),
    "irish and scottish": (
        8,
        _names("Niamh, Saoirse, Aoife, Orla, Ciara, Eilidh, Mairi, Róisín, Caoimhe, Siobhán, Catriona, Kirsty"),
        _names("Conor, Oisín, Cillian, Fionn, Declan, Seán, Callum, Hamish, Fraser, Ruairi, Lachlan, Tadhg"),
        _names(
            "O'Brien, O'Connell, O'Sullivan, McAllister, MacDonald, McGrath, Ó Murchú, Ní Bhriain, Gallagher, Kinsella,"
            " Buchanan, Drummond, Sinclair, McKenzie-Ross, D'Arcy, Fitzgerald"
        ),
    ),
    "welsh": (
        6,
        _names("Carys, Ffion, Seren, Cerys, Angharad, Non, Lleucu, Gwenllian, Mêl, Siân, Llinos, Eirlys"),
        _names("Rhys, Ieuan, Llŷr, Gethin, Macsen, Osian, Dafydd, Hywel, Gruffydd, Emrys, Ynyr, Siôn"),
        _names("ap Rhys, ab Owain, Llewellyn, Gwynne, Prydderch, Cadwaladr, Bevan, Ffoulkes, Pugh, Tudur, Wyn-Hughes"),
    ),
    "south asian": (
        15,
        _names(
            "Aisha, Zara, Priya, Anaya, Maryam, Simran, Ishita, Fatima, Nusrat, Kavya, Jasleen, Tanvi, Meera, Hafsa,"
            " Sana, Riya, Harpreet, Shanthi"
        ),
        _names(
            "Muhammad, Mohammed, Arjun, Rohan, Ayaan, Gurpreet, Imran, Vihaan, Zain, Dev, Hamza, Kabir, Jagdeep, Tariq,"
            " Nikhil, Yusuf, Rafiq, Sivakumar"
        ),
        _names(
            "Khan, Patel, Begum, Hussain, Singh, Kaur, Ahmed, Chaudhry, Rahman, Sharma, Malik, Desai, Sandhu, Miah,"
            " Mahmood, Chakraborty, Ul-Haq, de Silva, Thiruvananthapuram Subramaniam"
        ),
    ),
    "arabic": (
        5,
        _names("Layla, Noor, Salma, Yasmin, Amira, Huda, Rania, Safiyyah, Dalal, Israa, Hala, Shaima'"),
        _names("Omar, Abdullah, Khalid, Bilal, Karim, Abd al-Rahman, Anas, Jamil, Nasser, Suleiman, Ziad, Mu'adh"),
        _names("al-Masri, El Sayed, Haddad, Al-Jabouri, Mansour, bin Salem, Abu Zayd, Khoury, Najjar, Qasim, Sa'id"),
    ),
    "african": (
        8,
        _names("Adaeze, Temilola, Abena, Chiamaka, Oluwaseun, Ayaan, Hodan, Makena, Thandiwe, Folasade, Esi, Zainab"),
        _names("Tobi, Kwame, Chukwuemeka, Oluwatobi, Abdi, Kofi, Emeka, Tendai, Sipho, Babajide, Yaw, Mahad"),
        _names(
            "Okoro, Adeyemi, Mensah, Osei-Bonsu, Nwosu, Abdullahi, Warsame, Moyo, Oyelaran, Boateng, Eze, Ng'ang'a,"
            " Olufunmilayo-Adebayo, Diallo, Farah, Dube"
        ),
    ),
    "caribbean": (
        4,
        _names("Shanice, Tiana, Keisha, Renée, Jada, Monique, Amara, Ti'Anna"),
        _names("Tyrone, Jermaine, Kemar, Dwayne, Malachi, Zion, André, D'Angelo"),
        _names("Campbell, Grant, Beckford, Baptiste, Joseph-Pierre, Clarke, Lewis, St. Louis, Brathwaite, Francois"),
    ),
    "european": (
        6,
        _names("Zuzanna, Ioana, Łucja, Inês, Lucía, Magdaléna, Agnė, Giulia, Živilė, Małgorzata, Åsa, Katarzyna"),
        _names("Jakub, Andrei, Łukasz, João, José, Matúš, Mykola, Luca, Ștefan, Grzegorz, Søren, Dániel"),
        _names(
            "Kowalski, Nowak, Wiśniewska, Popescu, Ionescu, da Silva, Gonçalves, Muñoz, Dvořák, Kazlauskas, Rossi,"
            " Brzęczyszczykiewicz, Ștefănescu, Szabó, Weiß, Køhler, van der Berg"
        ),
    ),
    "chinese": (
        3,
        _names("Xiaoyan, Mei Ling, Wai-Ching, Jiayi, Yuet Ming, Hui Min, Ruoxi, Siu-Fong"),
        _names("Zhiwei, Ka Ho, Jun, Haoran, Chun-Yin, Yi, Tsz Kin, Wenjie"),
        _names("Li, Wong, Cheung, Xu, Zhang, Ng, Au-Yeung, Ouyang, Lü, Ho, Chan, Yip"),
    ),
    "turkish, persian, jewish and others": (
        3,
        _names("Elif, Şule, Shirin, Rivka, Talia, Çiğdem, Linh, Sakura"),
        _names("Emre, Çağlar, Arash, Moshe, Ezra, Minh, Kenji, Doğukan"),
        _names("Yılmaz, Öztürk, Hosseini, Cohen-Adler, Levy, Nguyễn, Tanaka, Gül, Rosenthal, Phạm"),
    ),
}

MIDDLE_NAMES = _names(
    "James, Rose, Anne, Louise, Ali, Grace, Owen, May, Kwame, Jean, Li, Marie-Claire, Ann Elizabeth, J"
)

# Every school of 60 students or more has one of each: what a column, a form or a login card must be able to cope with.
ONE_LETTER_SURNAME = "O"
ONE_LETTER_FORENAME = "J"
FIFTY_LETTER_SURNAME = "Featherstonehaugh-Cholmondeley-Wriothesley-ffoulke"
FIFTY_LETTER_FORENAME = "Oluwadamilola-Anjolaoluwa Oluwatemi-Oluwafunmilayo"

TOWNS = _names(
    "Fenbrook, Ashmere, Holtby, Larkhill, Wexcombe, Stonegate, Millthorpe, Bramwell, Kestrel Bay, Northam, Ty Gwyn"
)
STREETS = _names("Weir Road, Sluice Lane, Orchard Way, Station Road, Mill Street, Heol y Bont, Priory Close, Park View")
SCHOOL_WORDS = _names("Academy, High School, Community School, College, School")
SAINTS = _names(
    "St Aldhelm's, St Brigid's, Riverside, Oakfield, Highcliff, Kingsmead, Westbrook, Hazel Park, Thornbury, Ridgeway"
)

_WEIGHTS = [heritage[0] for heritage in HERITAGES.values()]
_POOLS = [heritage[1:] for heritage in HERITAGES.values()]


def family(rng):
    """A family's surname and the pools its forenames come from: (surname, girls, boys)."""
    girls, boys, surnames = rng.choices(_POOLS, _WEIGHTS)[0]
    return rng.choice(surnames), girls, boys


def forename(rng, pools, female):
    """A forename from the family's pools (girls, boys); one in twelve comes from elsewhere, as in life."""
    girls, boys = pools
    if rng.random() < 0.08:
        girls, boys, _ = rng.choices(_POOLS, _WEIGHTS)[0]
    return rng.choice(girls if female else boys)


def email_part(name):
    """A name as it appears in an email address: plain letters only."""
    plain = unicodedata.normalize("NFKD", name.replace("Ł", "L").replace("ł", "l").replace("ß", "ss").replace("ø", "o"))
    return "".join(letter for letter in plain.lower() if letter.isascii() and letter.isalpha()) or "x"
