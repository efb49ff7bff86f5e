/*
 * FAT's times: years from 1980 to 2107, two seconds' resolution (creation: hundredths), local time.
 */
#include "internal.h"

#define SECONDS_PER_DAY 86400
#define DAYS_TO_1980    3652

static const uint16_t days_before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};

/* Years from 1980 on; 2100 is no leap year. */
static bool is_leap(unsigned year)
{
    return year % 4 == 0 && year != 120;
}

static unsigned days_before_year(unsigned year)
{
    return year * 365 + (year + 3) / 4 - (year > 120);
}

static unsigned days_before_month(unsigned year, unsigned month)
{
    return days_before[month] + (month > 1 && is_leap(year));
}

int64_t fat_time_decode(uint16_t date, uint16_t time, uint8_t centiseconds)
{
    unsigned year = date >> 9, month = (date >> 5 & 15), day = date & 31;
    unsigned month_index = month >= 1 && month <= 12 ? month - 1 : 0;
    int64_t seconds;

    /* Invalid fields give an arbitrary time, never a fault. */
    seconds = DAYS_TO_1980 + days_before_year(year) + days_before_month(year, month_index) +
              (day ? day - 1 : 0);
    seconds =
        seconds * SECONDS_PER_DAY + (time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2;
    return seconds * (int64_t)NS_PER_SEC + centiseconds * (int64_t)(NS_PER_SEC / 100);
}

void fat_time_encode(int64_t ns, uint16_t *date, uint16_t *time, uint8_t *centiseconds)
{
    const int64_t first = (int64_t)DAYS_TO_1980 * SECONDS_PER_DAY;
    const int64_t last = first + (int64_t)days_before_year(128) * SECONDS_PER_DAY - 1;
    int64_t seconds = ns / (int64_t)NS_PER_SEC;
    unsigned days, rest, year, month = 11;

    if (seconds < first || seconds > last) {
        seconds = seconds < first ? first : last;
        ns = 0;
    }
    days = (unsigned)((seconds - first) / SECONDS_PER_DAY);
    rest = (unsigned)((seconds - first) % SECONDS_PER_DAY);
    year = days / 366;
    while (year < 127 && days_before_year(year + 1) <= days)
        year++;
    days -= days_before_year(year);
    while (days_before_month(year, month) > days)
        month--;
    days -= days_before_month(year, month);
    *date = (uint16_t)(year << 9 | (month + 1) << 5 | (days + 1));
    *time = (uint16_t)((rest / 3600) << 11 | (rest / 60 % 60) << 5 | rest % 60 / 2);
    if (centiseconds)
        *centiseconds = (uint8_t)(rest % 2 * 100 + ns % (int64_t)NS_PER_SEC / (NS_PER_SEC / 100));
}
