# What somebody has shared, and what is to be looked at: what only the pages of the server say.
overview-heading = { $waiting ->
    [0] Ingen väntar
    [one] En väntar
    [2] Två väntar
    [3] Tre väntar
    [4] Fyra väntar
    [5] Fem väntar
    [6] Sex väntar
    [7] Sju väntar
    [8] Åtta väntar
    [9] Nio väntar
    [10] Tio väntar
    [11] Elva väntar
    [12] Tolv väntar
   *[other] { $waiting } väntar
}
overview-heading-look = { $waiting ->
    [0] Ingen väntar
    [one] En väntar
    [2] Två väntar
    [3] Tre väntar
    [4] Fyra väntar
    [5] Fem väntar
    [6] Sex väntar
    [7] Sju väntar
    [8] Åtta väntar
    [9] Nio väntar
    [10] Tio väntar
    [11] Elva väntar
    [12] Tolv väntar
   *[other] { $waiting } väntar
}, { $look ->
    [one] en bör du titta på
    [2] två bör du titta på
    [3] tre bör du titta på
    [4] fyra bör du titta på
    [5] fem bör du titta på
    [6] sex bör du titta på
    [7] sju bör du titta på
    [8] åtta bör du titta på
    [9] nio bör du titta på
    [10] tio bör du titta på
    [11] elva bör du titta på
    [12] tolv bör du titta på
   *[other] { $look } bör du titta på
}
overview-heading-none = Inget delat än
overview-lede = { $all ->
    [one] Du har delat en hemlighet på sistone.
   *[other] Du har delat { $all } hemligheter på sistone.
} Öppnade: { $opened }. Försvunna olästa: { $gone }. Brända: { $burned }.
overview-share = Ny hemlighet
overview-show = Visa
overview-all = Alla
overview-waiting = Väntar
overview-opened = Öppnade
overview-burned = Brända
overview-gone = Försvunna olästa
overview-look = Bör ses över
overview-find = Sök i dina anteckningar
overview-caption = Dina hemligheter
overview-secret = Din anteckning
overview-state = Läge
overview-ends = Upphör
overview-tries = Fel lösenfras
overview-tries-of = { $failed } av { $limit }
overview-no-passphrase = Ingen lösenfras
overview-state-waiting = Väntar
overview-state-locked = Låst
overview-state-delivering = Hämtas nu
overview-state-opened = Öppnad
overview-state-burned = Bränd
overview-state-expired = Tiden gick ut
overview-state-lost = Förlorad
overview-look-at = Visa
overview-shown = { $last } av { $count }
overview-newer = Nyare
overview-older = Äldre
overview-csv = Exportera som CSV
overview-json = Exportera som JSON
overview-burn-ticked = Bränn de ikryssade
overview-none = Här hittar du det du delar
overview-none-text = Här ser du vad som har delats med en API-nyckel av dina, och från sidan där den här servern bara låter inloggade dela: om det väntar, har öppnats eller försvann oläst. Vad som står i det kan ingen se här, och ingen länk sparas: du lämnar över den när du skapar den.
overview-nothing = Inget sådant
overview-nothing-text = Ingen av dina hemligheter är i det läget med en sådan anteckning. Visa alla, eller sök på mindre.
overview-sure = { $count ->
    [one] Bränna den här?
   *[other] Bränna de här { $count }?
}
overview-sure-lede = Ingen kommer att kunna öppna dem, och det går inte att ångra. Den som öppnar en innan du trycker på knappen hinner före, och det får du veta.
overview-sure-verb = Ja, bränn
overview-keep = Behåll
overview-burned-heading = { $count ->
    [0] Inget brändes
    [one] En är bränd
   *[other] { $count } är brända
}
overview-burned-all = Ingen kan öppna dem längre.
overview-burned-some = För några hann något annat före. Nedan ser du vilka.
overview-became = Vad det blev av den
overview-unknown = Okänd
overview-unknown-text = Du har ingen sådan hemlighet, eller har den inte längre.
overview-back = Till översikten
overview-note = Din anteckning
overview-note-label = Vad det är, och till vem
overview-note-help = Bara du ser den. Skriv inte vad hemligheten säger. Högst 500 tecken.
overview-note-wrong = En anteckning är en text på högst 500 tecken.
overview-note-keep = Spara anteckningen
overview-recipients = Skickad till
overview-time-locked = Ingen kan öppna den medan den är låst
