"""Given and family names of several cultures, without accents and in lower case, for masking third parties.

A modest list of our own. Names that are also common words, months or places (Will, Grace, May, Jordan, Hoa) stand in
AMBIGUOUS only: they are masked as a candidate's own name or within a longer name, never on their own.
"""

from __future__ import annotations

__all__ = [
    "AMBIGUOUS", "FAMILY_FIRST", "FAMILY_NAMES", "GIVEN_NAMES", "NO_NAMES", "PLACES", "ROLES", "VIETNAMESE",
    "WORDS_TOO",
]  # fmt: skip

_GIVEN = """
    aaron abdul abdullah abigail adam adaeze adebayo adela adina adrian adriana agnes agnieszka ahmad ahmed aisha
    alan albert aleksandra alejandro alessandro alex alexander alexandra alexandru alexei alfred ali alice alicia
    alina alison amanda amina amir amit amy ana anastasia anca andre andrea andreea andrei andrew andrzej angela
    anika anil anita anjali anna anne annie anthony antoine antonio anya arjun arthur arun ashley asif barbara
    beatrice benjamin bernard beth bianca bogdan boris brandon brenda brian bruno bryan camelia camille carla carlos
    carmen carol caroline catalin catalina catherine cecilia charles chidi chiara chinedu chloe christina christine
    christopher ciprian claire claudia claudiu connor constantin corina cosmin costel cristian cristina cynthia dana
    daniel daniela danielle danny david deborah deepak denis denise dennis derek diana diego dimitri dinh dmitri
    donald donna dorina dorothy doina douglas dragos ebony edith eduard edward elaine elena eleanor elisabeth eliza
    elizabeth ella ellen emeka emil emily emma emmanuel enrique eric erik esther ethan eugen eva evelyn fatima
    felicia felix fernando fiona flavius florin francesca francesco francois frederick gabriel gabriela gary
    geoffrey george georgiana gerald gheorghe giovanni giulia giuseppe gloria gonzalo graham greg gregory grigore
    guillermo gustavo hamza hannah hans hao harold haruto hassan heather hector heidi helen helena henrik henry
    hiroshi howard hussein ian ibrahim igor ilie ileana ingrid ioana ion ionel ionut irene irina isaac isabel
    isabella ivan jacob jacqueline jacques jakub jamal james jamie jan jane janet jason javier jean jeffrey jennifer
    jeremy jerome jessica jiang jing joan joanna joao joe johan johanna johannes john johnny jonathan jorge jose
    joseph joshua juan juanita judith julia julian julie julien jun justin kamala karen karim karl karthik kate
    katarzyna kateryna katherine kathleen katie kavita keisha keith kelly kenneth kenji kevin khadija khaled klaus
    krishna krzysztof kumar kwame kyle lakshmi lamar larisa larry latoya laura lauren laurentiu leah lena leonard
    leonardo leticia liam lidia liliana linda linh lisa liviu lorena louis louise luca lucas lucia lucian luis luiza
    lukas luminita lydia maciej magdalena mahmoud malik manuel manuela marcel marcin marco marcus margaret maria
    mariana marie marius marian marina mario marjorie marta martha martin mary mateo mateusz matteo matthew maureen
    maya megan mehmet mei melanie melissa michael michal michel michelle miguel mihai mihaela mihail mike mikhail
    minh mircea mirela miriam mitchell mohamed mohammad mohammed moses muhammad mustafa nadia nancy naomi natalia
    natalie natasha nathan neha neil nguyen nicholas nicolae nicole nicoleta nigel nikhil nikita nikolai nina ngozi
    noah nora octavian oleg olga oliver olivia olumide oscar ovidiu pablo pamela patricia patrick paul paula pauline
    pavel pedro peter petru philip phuong pierre piotr pooja pradeep priya priyanka quang quynh rachel radu rafael
    rahul rajesh ralph ramesh ramona rania raul raluca ravi raymond rebecca reza ricardo richard robert roberto
    rodica rodrigo roger rohan roland ronald roxana ruth ryan sabina sabrina samantha samir samuel sandeep sandra
    sanjay sara sarah sasha sebastian sergei sergio sharon shirley shreya silvia simona sofia sonia sophia sophie
    sorin stefan stefania stella stephanie stephen steve steven stewart sunita suresh susan suzanne sven svetlana
    sylvia tatiana terrence theodora theodore theresa thomas thuy tiffany timothy tomasz traian trevor tudor tuan
    tyler tyrone ursula valentina valeria vanessa vasile vasilica veronica viktor vijay vikram vincent violeta
    viorel vivek vlad vladimir walter wanjiru warren wayne wei wendy wilhelm william wojciech xavier yamamoto yasmin
    yolanda youssef yuki yusuf yvonne zainab zeynep zhang zofia hieu huyen ngoc trang khanh thanh hanh nhung tuyet
    duyen huynh tran pham
"""
GIVEN_NAMES = frozenset(_GIVEN.split())

_AMBIGUOUS = """
    ace alma amber an angel anh april art ash aspen august aurora autumn austin ba bach bai baker ban basil bay bell
    bill binh bliss blue bob bond brook brown bush cam carter chance charity charlotte chase chelsea chi chip
    christian clay cliff cole cook cuong crystal dai daisy dale dan dang dat dawn day dean dee destiny dean diamond
    dick do dong drew duc duke dung duong earl eden eve faith fern field fisher florence flora forest fox frank gay
    gene georgia giang ginger glen glenn gold grace grant gray green guy ha hai hall hang harmony harper haven hazel
    heath heaven hien hill ho hoa hoang holly honey hong hope hue hung hunter huong india iris israel ivy jack jade
    jasmine jasper jay jersey jewel jordan joy june justice khoa kim king kingston knight lam lan lance lane le lee
    leo liberty lily linh loan long love lucky ly madison mai major man marigold mark mason may melody mercy mi
    milan mike miles milo misty montana moon moore my nam nasa neo nick nina norm oak ocean olive page paige pansy
    paris park pat patience pearl penny perry peter phoenix phuc piper poppy power precious preston price prince
    princess rain ray red reed rice rich rick river rob robin rock rod rose rosemary royal ruby rue rusty sage sally
    sam sandy sang santiago savannah scarlett sean sierra sky skye son star sterling stone storm sue summer sunny
    sydney tam tan terry thang thao theo thu tien tiffany tim toan tony tour trinh troy trinity trong truth tu van
    vi victor victoria viet viola violet virginia vo vu wade walker ward wells west white will willow win winter
    wolf wood woods wren xuan yen young
"""
AMBIGUOUS = frozenset(_AMBIGUOUS.split()) - {"linh", "mike", "nina", "peter", "tiffany"}

_FAMILY = """
    adams ahmad ahmed anderson barbu bennett campbell chatterjee chaudhary chen chukwu ciobanu clarke cooper davies
    davis diaz dimitrov dobre dumitru eriksson evans fernandez fischer florea garcia gomez gonzalez gupta hansen
    harris hernandez huang huynh hussain hughes iyer jackson jenkins jensen johansson johnson jones kaur khan kovacs
    kowalski kumar larsen lewis lopez luca lungu marin martinez matei mendoza meyer miller mitchell moldovan morales
    moreno mueller muller munteanu murphy nair nguyen nistor nowak nunez okafor okonkwo olsen ortiz patel pereira
    perez peterson pham phillips pop popa popovic preda radu ramirez rao reddy reyes rivera roberts robinson
    rodriguez rossi ruiz rusu sanchez santos schmidt schneider sharma silva simmons singh smith stan stoica suzuki
    tanaka thompson torres toma tran turner wagner wang watanabe watson weber williams wilson wisniewski yamamoto
    yilmaz zhang zhao
"""
FAMILY_NAMES = frozenset(_FAMILY.split())

_FAMILY_FIRST = "nguyen tran pham hoang huynh phan dang bui ngo duong le vu vo do ho ly dinh trinh"
FAMILY_FIRST = frozenset(_FAMILY_FIRST.split())
"""Vietnamese family names. They stand first, and with two names after them they are taken for a name."""

_NO_NAMES = """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december english american british french german spanish italian portuguese dutch
    polish russian ukrainian romanian hungarian moldovan bulgarian greek turkish arabic indian pakistani chinese
    japanese korean thai vietnamese filipino indonesian malaysian australian canadian mexican brazilian african
    asian european nigerian kenyan egyptian christian muslim buddhist hindu jewish catholic orthodox christmas
    easter tet god ok okay ai it ceo cto cfo hr pm qa phd mba bsc msc usa uk eu us uae tv pc gpt chatgpt google
    microsoft apple amazon facebook excel word python java linux windows internet europe asia africa america north
    south east west new old great well yes no sure hello hi hey thanks thank dear sorry please today yesterday
    tomorrow mr mrs ms dr prof professor doctor sir madam miss mom dad mum grandma grandpa uncle aunt
"""
NO_NAMES = frozenset(_NO_NAMES.split())
"""Written with a capital, and no one's name."""

_PLACES = """
    ha noi, viet nam, ho chi minh, hai phong, da nang, sai gon, can tho, ha long, ha giang, ha nam, quang nam,
    quang ninh, binh duong, dong nai, long an, an giang, nam dinh, thai binh
"""
PLACES = frozenset(" ".join(place.split()) for place in _PLACES.split(","))
"""Vietnamese places of which a part is a common name too."""

_WORDS_TOO = "ion pop preda marin carol stan dobre florea toma"
WORDS_TOO = frozenset(_WORDS_TOO.split())
"""Of the names above those that are words as well: a candidate's own needs its capital, and others' are names alone."""

_SPELLED = """
    đinh duyên hạnh hiếu huyền huỳnh huynh khánh khanh linh minh ngọc nguyễn nguyên nhung phạm phương phượng quang
    quỳnh thanh thành thạnh thủy thuỷ thúy thuý thùy thuỳ trần trang tuấn tuyết
"""
VIETNAMESE = frozenset(_SPELLED.split())
"""Given names that are syllables of many Vietnamese words too, as names spell them."""

_ROLES = """
    engineer engineering developer programmer manager management analyst analytics scientist designer architect master
    owner lead leader head chief officer director consultant specialist administrator admin coordinator assistant
    associate certified senior junior principal staff software data product project program marketing sales customer
    support operations security cloud devops fullstack frontend backend qa tester scrum agile teacher lecturer
    researcher student intern trainee graduate nurse accountant auditor lawyer attorney economist editor writer
    translator interpreter freelance freelancer founder cofounder president inginer programator dezvoltator profesor
    profesoara contabil medic sef director analist consultant
"""
ROLES = frozenset(_ROLES.split())
"""What people say that they are, with capitals as recognition writes them."""
