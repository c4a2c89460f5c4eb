package report

// words are the texts of the overview in a language.
type words struct {
	plotWords

	Heading, At, When, EditionOf, AllKept, NotKept, None, Footer string

	ChoicesTitle, OptIn, Given, Refused, Withdrawn, Erased string
	ByDayTitle, Day, ByMonthTitle, MonthName               string

	BlockingTitle, BlockedTitle, UnknownTitle, UnknownSays string
	Host, InPages, Reported, SinceName, LastName           string

	RecordsTitle, DropsTitle, DropsSays, Kind                            string
	RequestsTitle, RequestsSays, Received, Due, DaysLeft, Overdue        string
	VisitsTitle, VisitsSays, VisitsName, PageName, Browser, Device, Rest string

	// Promises, and how each stands.
	Ledger, Whole, Broken, Rows, PastWindow, Residual, RequestsLate, CopiesLate, VendorsLate string

	kinds   map[string]string // of requests
	devices map[string]string
}

// wordsIn returns the texts of one of the [Languages].
func wordsIn(language string) *words {
	switch language {
	case "kk":
		return kazakh()
	case "ru":
		return russian()
	}
	return english()
}

func english() *words {
	return &words{
		plotWords: plotWords{
			Rate: "Opt-in rate, % of those who answered", Answers: "Answers (given and refused)", Point: "%s: %s, %s of %s",
			Nobody: "Nobody answered.", Allowed: "%s of %s allowed something, %s.",
			Ages:    "Records of the kind %q by age, and the end of their window of %d months",
			AgesSum: "Records: %s, the oldest of %s; past the window: %s.", Records: "Records", Age: "Age in whole calendar months",
			AgePoint: "%d months: %s", WindowEnds: "window ends: %d months",
		},
		Heading: "Privacy at a glance", At: "As of", When: "When", EditionOf: "Policy of", AllKept: "Every promise that the edge can check is kept.",
		NotKept: "A promise isn't kept.", None: "None.",
		Footer:       "Sums only: no address, no identifier. Pages, browsers and devices are named from five visitors on.",
		ChoicesTitle: "Choices of this month", OptIn: "allowed something", Given: "given", Refused: "refused", Withdrawn: "withdrawn", Erased: "erased",
		ByDayTitle: "Opt-in rate and answers by day", Day: "Day of the month", ByMonthTitle: "Opt-in rate and answers, this month and the twelve before", MonthName: "Month",
		BlockingTitle: "Blocking", BlockedTitle: "Blocked by service", UnknownTitle: "Unknown third parties",
		UnknownSays: "Named by nothing in the configuration. What only browsers report can be forged.",
		Host:        "Host", InPages: "In pages", Reported: "Reported", SinceName: "Since", LastName: "Last",
		RecordsTitle: "Records and their windows", DropsTitle: "What goes next", DropsSays: "Each day goes whole, at the end of its 14 or 24 calendar months.", Kind: "Kind",
		RequestsTitle: "Requests by letter and mail", RequestsSays: "Open ones. Due is the earlier of ten working days and 15 calendar days.",
		Received: "Received", Due: "Due", DaysLeft: "Days left", Overdue: "overdue",
		VisitsTitle: "Visits", VisitsSays: "Of visitors who allowed statistics.", VisitsName: "Visits", PageName: "Page", Browser: "Browser", Device: "Device",
		Rest:   "others, and what fewer than five visitors share",
		Ledger: "Ledger of consents", Whole: "whole", Broken: "broken at row %d", Rows: "rows: %s", PastWindow: "Day tables past their window",
		Residual: "Destroyed tables of which bytes are left", RequestsLate: "Requests overdue", CopiesLate: "Copies past their day", VendorsLate: "Deletions at services past their day",
		kinds:   map[string]string{"withdraw": "withdraw", "access": "access", "rectify": "rectify", "block": "block", "unblock": "unblock", "erase": "erase"},
		devices: map[string]string{"desktop": "desktop", "mobile": "mobile", "tablet": "tablet"},
	}
}

func russian() *words {
	return &words{
		plotWords: plotWords{
			Rate: "Доля согласий, % от ответивших", Answers: "Ответы (согласия и отказы)", Point: "%s: %s, %s из %s",
			Nobody: "Никто не ответил.", Allowed: "Что-то разрешили %s из %s, %s.",
			Ages:    "Записи вида %q по возрасту; срок хранения в месяцах: %d",
			AgesSum: "Записей: %s, старейшая от %s; сверх срока: %s.", Records: "Записи", Age: "Возраст в полных календарных месяцах",
			AgePoint: "%d мес.: %s", WindowEnds: "срок: %d мес.",
		},
		Heading: "Приватность сайта", At: "На", When: "Когда", EditionOf: "Политика от", AllKept: "Все обещания, которые можно проверить здесь, выполняются.",
		NotKept: "Есть невыполненное обещание.", None: "Нет.",
		Footer:       "Только суммы: ни адресов, ни идентификаторов. Страницы, браузеры и устройства названы, если их разделяют хотя бы пять посетителей.",
		ChoicesTitle: "Решения посетителей в этом месяце", OptIn: "что-то разрешили", Given: "согласий", Refused: "отказов", Withdrawn: "отозвано", Erased: "удалено по просьбе",
		ByDayTitle: "Доля согласий и ответы по дням", Day: "День месяца", ByMonthTitle: "Доля согласий и ответы: этот месяц и двенадцать до него", MonthName: "Месяц",
		BlockingTitle: "Блокировка", BlockedTitle: "Заблокировано по сервисам", UnknownTitle: "Неизвестные третьи стороны",
		UnknownSays: "Не названы в настройках. То, о чём сообщают только браузеры, можно подделать.",
		Host:        "Хост", InPages: "На страницах", Reported: "В отчётах", SinceName: "С", LastName: "Последний раз",
		RecordsTitle: "Записи и сроки хранения", DropsTitle: "Что удаляется следующим", DropsSays: "Каждый день удаляется целиком, когда кончаются его 14 или 24 календарных месяца.", Kind: "Вид",
		RequestsTitle: "Обращения письмом и по почте", RequestsSays: "Открытые. Срок: десять рабочих дней или 15 календарных, что раньше.",
		Received: "Получено", Due: "Срок", DaysLeft: "Осталось дней", Overdue: "просрочено",
		VisitsTitle: "Посещения", VisitsSays: "Только посетители, разрешившие статистику.", VisitsName: "Посещения", PageName: "Страница", Browser: "Браузер", Device: "Устройство",
		Rest:   "прочие и то, что разделяют меньше пяти посетителей",
		Ledger: "Журнал согласий", Whole: "цел", Broken: "нарушен в строке %d", Rows: "строк: %s", PastWindow: "Таблицы дней сверх срока",
		Residual: "Уничтоженные таблицы, байты которых остались", RequestsLate: "Просроченные обращения", CopiesLate: "Копии сверх срока", VendorsLate: "Просроченные удаления у сервисов",
		kinds:   map[string]string{"withdraw": "отзыв", "access": "доступ", "rectify": "исправление", "block": "блокирование", "unblock": "разблокирование", "erase": "уничтожение"},
		devices: map[string]string{"desktop": "компьютер", "mobile": "телефон", "tablet": "планшет"},
	}
}

func kazakh() *words {
	return &words{
		plotWords: plotWords{
			Rate: "Келісім үлесі, жауап бергендердің %-ы", Answers: "Жауаптар (келісім мен бас тарту)", Point: "%s: %s, %s / %s",
			Nobody: "Ешкім жауап берген жоқ.", Allowed: "Рұқсат бергендер: %s / %s, %s.",
			Ages:    "%q түріндегі жазбалардың жасы және сақтау мерзімінің соңы: %d ай",
			AgesSum: "Жазбалар: %s, ең ескісі %s; мерзімінен асқаны: %s.", Records: "Жазбалар", Age: "Жасы, толық күнтізбелік ай",
			AgePoint: "%d ай: %s", WindowEnds: "мерзімі: %d ай",
		},
		Heading: "Сайттың құпиялылығы", At: "Уақыты", When: "Қашан", EditionOf: "Саясаттың күні", AllKept: "Осы жерде тексеруге болатын барлық уәде орындалуда.",
		NotKept: "Орындалмаған уәде бар.", None: "Жоқ.",
		Footer:       "Тек жиынтықтар: мекенжай да, идентификатор да жоқ. Беттер, браузерлер және құрылғылар кемінде бес келушіге ортақ болса ғана аталады.",
		ChoicesTitle: "Осы айдағы шешімдер", OptIn: "бірдеңеге рұқсат берді", Given: "келісім", Refused: "бас тарту", Withdrawn: "кері қайтарылды", Erased: "өтініш бойынша жойылды",
		ByDayTitle: "Күндер бойынша келісім үлесі мен жауаптар", Day: "Айдың күні", ByMonthTitle: "Келісім үлесі мен жауаптар: осы ай және оған дейінгі он екі ай", MonthName: "Ай",
		BlockingTitle: "Бұғаттау", BlockedTitle: "Қызметтер бойынша бұғатталғаны", UnknownTitle: "Белгісіз үшінші тараптар",
		UnknownSays: "Баптауларда аталмаған. Тек браузерлер хабарлағанды қолдан жасауға болады.",
		Host:        "Хост", InPages: "Беттерде", Reported: "Есептерде", SinceName: "Басталуы", LastName: "Соңғы рет",
		RecordsTitle: "Жазбалар және сақтау мерзімі", DropsTitle: "Келесі жойылатындар", DropsSays: "Әр күн 14 немесе 24 күнтізбелік айы біткенде тұтас жойылады.", Kind: "Түрі",
		RequestsTitle: "Хатпен және поштамен келген өтініштер", RequestsSays: "Ашық өтініштер. Мерзімі: он жұмыс күні немесе 15 күнтізбелік күн, қайсысы ертерек болса.",
		Received: "Алынған күні", Due: "Мерзімі", DaysLeft: "Қалған күн", Overdue: "мерзімі өтті",
		VisitsTitle: "Келулер", VisitsSays: "Тек статистикаға рұқсат берген келушілер.", VisitsName: "Келулер", PageName: "Бет", Browser: "Браузер", Device: "Құрылғы",
		Rest:   "басқалары және бес келушіден азына ортақ нәрселер",
		Ledger: "Келісімдер журналы", Whole: "бүтін", Broken: "%d-жолда бұзылған", Rows: "жол саны: %s", PastWindow: "Мерзімінен асқан күн кестелері",
		Residual: "Байттары қалған жойылған кестелер", RequestsLate: "Мерзімі өткен өтініштер", CopiesLate: "Мерзімі өткен көшірмелер", VendorsLate: "Қызметтердегі мерзімі өткен жоюлар",
		kinds:   map[string]string{"withdraw": "кері қайтару", "access": "қол жеткізу", "rectify": "түзету", "block": "бұғаттау", "unblock": "бұғаттан шығару", "erase": "жою"},
		devices: map[string]string{"desktop": "компьютер", "mobile": "телефон", "tablet": "планшет"},
	}
}
